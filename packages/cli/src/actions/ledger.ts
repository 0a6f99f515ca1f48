/** `clce status`, `show`, `logs`, `why`, `rm` and `gc`: the cells of a ledger. */
import { join } from 'node:path';
import { measurementsOf, NUMERICS_VERSION, parseReportedResult, rowTitle } from '@clce/results';
import {
  brokenFileLine,
  type JournalEntry,
  type NamedPath,
  type Owner,
  openLeases,
  openLedger,
  removeCellFiles,
  removeLeftovers,
  type SurveyedCell,
  type SurveyOptions,
  surveyCells,
  surveyLedger,
  withLease,
} from '@clce/runner';
import { printData } from '../print/data.ts';
import { RunError } from '../run/run-error.ts';
import { requireLedger } from '../stored/existing-ledger.ts';
import { findKey } from '../stored/find-key.ts';
import { indexOf } from '../stored/result-index.ts';

interface LedgerOptions {
  readonly ledger: string;
}

/** Number of a key's digits in lists. Commands accept them as a key. */
const SHORT = 12;
/** Largest number of unknown paths that `status` lists. `gc` lists all. */
const LISTED = 10;

export async function status({
  ledger: directory,
  json,
}: LedgerOptions & { readonly json?: boolean }): Promise<void> {
  const ledger = open(directory);
  const { cells, unknown, broken } = await withIndex(directory, surveyLedger);
  for (const file of broken) console.error(brokenFileLine(file));
  const count = (state: SurveyedCell['state']) => cells.filter((cell) => cell.state === state).length;
  const counts = {
    done: count('done'),
    running: count('running'),
    failed: count('failed'),
    unfinished: count('unfinished'),
    damaged: count('damaged'),
    earlier: count('earlier'),
  };
  const details = await Promise.all(
    cells
      .filter(({ state }) => state !== 'done' && state !== 'earlier' && state !== 'unknown')
      .map(async ({ key, state, owner }) => {
        const journal = await ledger.readJournal(key);
        const label = journal.find((entry) => entry['label'] !== undefined)?.['label'] ?? '';
        const error = state === 'failed' ? (await ledger.readFailure(key))?.error.message : undefined;
        return { key, state, label, last: journal.at(-1), error, owner };
      }),
  );
  if (json === true) {
    printData(JSON.stringify({ ledger: directory, ...counts, cells: details, unknown }, null, 2));
    return;
  }
  const { done, running, failed, unfinished, damaged, earlier } = counts;
  const damages = damaged === 0 ? '' : `, ${damaged} damaged`;
  const old = earlier === 0 ? '' : `, ${earlier} of an earlier version ("./clce gc" removes them)`;
  console.log(
    `${directory}: ${done} done, ${running} running, ${failed} failed, ${unfinished} left unfinished${damages}${old}`,
  );
  for (const { key, state, label, last, error, owner } of details) {
    const where = state === 'running' ? ` by ${ownerName(owner)}` : '';
    const how = error?.split('\n')[0] ?? (last === undefined ? '' : entryText(last));
    console.log(`${key.slice(0, SHORT)}  ${state}${where}  ${label}: ${how}`);
  }
  for (const line of unknownLines(unknown, LISTED)) console.log(line);
}

function ownerName(owner: Owner | null): string {
  return owner === null ? 'a run that has just begun' : `process ${owner.pid} on ${owner.host}`;
}

/** What is in the ledger and is neither counted nor removed. */
function unknownLines(unknown: readonly NamedPath[], most = unknown.length): string[] {
  if (unknown.length === 0) return [];
  const things = unknown.length === 1 ? '1 thing is' : `${unknown.length} things are`;
  const rest = unknown.length - most;
  return [
    `${things} not understood, and left alone:`,
    ...unknown.slice(0, most).map(({ path, reason }) => `  ${path}: ${firstLine(reason)}`),
    ...(rest > 0 ? [`  and ${rest} more; "./clce gc --dry-run" lists all`] : []),
  ];
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function surveyOptions(directory: string): SurveyOptions {
  return { ledger: open(directory), numericsVersion: NUMERICS_VERSION };
}

/** For a command that reads every cell. */
async function withIndex<Found>(
  directory: string,
  read: (options: SurveyOptions) => Promise<Found>,
): Promise<Found> {
  requireLedger(directory);
  const index = indexOf(directory);
  try {
    const ledger = openLedger({ directory, parseResult: parseReportedResult, index });
    return await read({ ledger, numericsVersion: NUMERICS_VERSION });
  } finally {
    index.close();
  }
}

export async function show(wanted: string, { ledger: directory }: LedgerOptions): Promise<void> {
  const ledger = open(directory);
  const key = await findKey(directory, wanted);
  const [survey] = await surveyCells([key], surveyOptions(directory));
  const { cell, unknown } = survey!;
  console.log(`cell ${key}: ${cell.state}`);
  const stored = await ledger.read(key);
  const failure = await ledger.readFailure(key);
  if (stored.state === 'disbelieved') console.log(brokenFileLine(stored));
  for (const line of unknownLines(unknown)) console.log(line);
  const spec = stored.state === 'present' ? stored.record.spec : failure?.spec;
  for (const [path, value] of entriesOf((spec ?? {}) as object)) console.log(`  ${path}: ${value}`);
  const provenance = failure?.provenance ?? (await ledger.readProvenance(key));
  if (provenance !== null) {
    const { commit, dirty, sources, graph, cpu, instructionSets, cores, startedAt, durationMs } = provenance;
    const changed = dirty === true ? ', with changes that were not committed' : '';
    console.log(
      `code ${commit ?? 'unknown'}${changed}; ${cpu}, ${cores} cores; ${startedAt}, ${durationMs / 1000} s`,
    );
    console.log(`instruction sets ${instructionSets?.join(' ') ?? 'unknown'}`);
    console.log(`sources ${sources ?? 'unknown'}\ngraph ${graph ?? 'none'}`);
  }
  if (failure !== null) {
    console.log(failure.error.stack || failure.error.message);
    return;
  }
  if (stored.state !== 'present') return;
  const { training } = stored.record.result;
  const trained =
    training === null
      ? 'no training'
      : `${training.steps} steps, ${Number(training.epochs.toPrecision(4))} epochs`;
  const seconds = provenance === null ? 'seconds unknown' : `${provenance.durationMs / 1000} s`;
  console.log(`cost ${trained}, ${seconds}`);
  const { diverged } = stored.record.result;
  if (diverged !== undefined) console.log(`diverged at step ${diverged.step}: ${diverged.what}`);
  for (const { value, ...of } of measurementsOf(stored.record.result)) {
    console.log(`${rowTitle(of)}: ${value.toFixed(4)}`);
  }
}

export async function logs(wanted: string, { ledger: directory }: LedgerOptions): Promise<void> {
  const journal = await open(directory).readJournal(await findKey(directory, wanted));
  for (const entry of journal) console.log(entryText(entry));
}

export async function why(
  wanted: string,
  other: string,
  { ledger: directory }: LedgerOptions,
): Promise<void> {
  const [one, two] = await Promise.all(
    [wanted, other].map(async (digits) => {
      const key = await findKey(directory, digits);
      const { graph } = await open(directory).readCode(key);
      return new Map(entriesOf({ ...(await specOf(directory, key)), ...(graph !== undefined && { graph }) }));
    }),
  );
  const paths = [...new Set([...one!.keys(), ...two!.keys()])].sort();
  const differing = paths.filter((path) => one!.get(path) !== two!.get(path));
  for (const path of differing) console.log(`${path}: ${one!.get(path) ?? '–'} | ${two!.get(path) ?? '–'}`);
  if (differing.length === 0) console.log('nothing: they are the same cell');
}

export async function remove(wanted: readonly string[], { ledger: directory }: LedgerOptions): Promise<void> {
  const keys = await Promise.all(wanted.map((key) => findKey(directory, key)));
  const leases = openLeases({ directory });
  const removed: string[] = [];
  for (const key of new Set(keys)) {
    const held = await withLease(leases, key, async () => {
      const files = await removeCellFiles(directory, key);
      removed.push(...(files.removed.length > 0 ? [key] : []));
      console.log(removalLine(join(directory, key), key, files));
    });
    if (held === undefined) continue;
    const rest = removed.length === 0 ? 'nothing was removed' : 'it stays';
    throw new RunError(`cell ${key} is being computed by ${ownerName(held.heldBy)}; ${rest}`);
  }
}

function removalLine(
  folder: string,
  key: string,
  { removed, kept }: Awaited<ReturnType<typeof removeCellFiles>>,
): string {
  if (kept.length === 0) return `removed ${key}`;
  const rest = `${folder} stays, because it holds what is not of the ledger: ${kept.join(', ')}`;
  return removed.length === 0 ? rest : `removed ${removed.join(', ')} of ${key}; ${rest}`;
}

export async function collect({
  ledger: directory,
  dryRun,
}: LedgerOptions & { readonly dryRun?: boolean }): Promise<void> {
  const { unknown, broken, paths } = await withIndex(directory, async (options) => {
    const survey = await surveyLedger(options);
    const would = () => survey.leftovers.map(({ path }) => path);
    return { ...survey, paths: dryRun === true ? would() : await removeLeftovers(options, survey) };
  });
  for (const path of paths) console.log(`${dryRun === true ? 'would remove' : 'removed'} ${path}`);
  for (const file of broken) console.error(brokenFileLine(file));
  for (const line of unknownLines(unknown)) console.log(line);
  console.log(removedLine(paths.length, dryRun === true));
}

function removedLine(number: number, isDry: boolean): string {
  if (number === 0) return 'nothing to remove';
  return `${number} ${number === 1 ? 'file or folder' : 'files or folders'} ${isDry ? 'to remove' : 'removed'}`;
}

function open(directory: string) {
  requireLedger(directory);
  return openLedger({ directory, parseResult: parseReportedResult });
}

/** The stored result or failure; empty if the cell has neither. @throws RunError if its result is broken */
async function specOf(directory: string, key: string): Promise<Readonly<Record<string, unknown>>> {
  const ledger = open(directory);
  const stored = await ledger.read(key);
  if (stored.state === 'disbelieved') throw new RunError(brokenFileLine(stored));
  const spec = stored.state === 'present' ? stored.record.spec : (await ledger.readFailure(key))?.spec;
  return (spec ?? {}) as Readonly<Record<string, unknown>>;
}

/** Every entry of a specification by its path, such as `recipe.learningRate`. */
function entriesOf(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, entry]) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? entriesOf(entry as object, `${prefix}${name}.`)
      : [[`${prefix}${name}`, JSON.stringify(entry)] as [string, string]],
  );
}

function entryText(entry: JournalEntry): string {
  const { time, ...rest } = entry;
  const parts = Object.entries(rest).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`,
  );
  return `${time ?? ''}  ${parts.join(' · ')}`;
}
