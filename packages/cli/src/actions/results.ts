/** `clce table`, `claims`, `trace`, `tune show` and `query`: tables of results, and the origin of each figure. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { accuracyTable, checkClaims, type SeedRow } from '@clce/results';
import type { Provenance } from '@clce/runner';
import { shellWord } from '@clce/text';
import { ledgerOption } from '../commands/flags/options.ts';
import type { QueryFormat, TableFormat } from '../commands/results.ts';
import { REPOSITORY, tableFolders } from '../places.ts';
import { formatAccuracyTable } from '../print/accuracy-formats.ts';
import { printData } from '../print/data.ts';
import { terminalWidth } from '../print/fitted-table.ts';
import { choiceLines, trialTableText } from '../print/trials.ts';
import { claimLines, comparisonLines } from '../print/verdicts.ts';
import { RunError } from '../run/run-error.ts';
import { requireLedger } from '../stored/existing-ledger.ts';
import {
  folderOfSuite,
  noResults,
  readSeedRows,
  readTableRow,
  readTrialRows,
  suitesIn,
  tablesIn,
} from '../stored/find-results.ts';
import { openResults } from '../stored/open-results.ts';
import { printQuery } from '../stored/query.ts';
import { settleTables, storedProvenance, type TableFault, tableOfFile } from '../stored/table-files.ts';

interface ResultsOptions {
  readonly results?: string;
}

export async function table(
  suite: string | undefined,
  options: ResultsOptions & { readonly format: TableFormat },
): Promise<void> {
  for (const [name, folder] of (await chosenSuites(options, suite)).suites) {
    const accuracies = accuracyTable(await readSeedRows(folder, name));
    console.log(`${formatAccuracyTable(accuracies, options.format, name, terminalWidth())}\n`);
  }
}

export async function query(
  sql: string,
  options: ResultsOptions & {
    readonly ledger: string;
    readonly format: QueryFormat;
    readonly allowFiles?: boolean;
  },
): Promise<void> {
  requireNamedLedger(options.ledger);
  const { faults } = await chosenSuites(options);
  const isWhole = (path: string) =>
    !faults.some(({ folder, suite }) => dirname(path) === folder && tableOfFile(basename(path)) === suite);
  const { connection, notes } = await openResults({
    tables: (await tablesIn(foldersOf(options))).filter(isWhole),
    ledger: options.ledger,
    sql,
    allowFiles: options.allowFiles === true,
  });
  for (const note of notes) console.error(note);
  const answer = await printQuery(connection, sql, options.format);
  if (options.format === 'text') console.log(answer);
  else printData(answer);
}

/** Tables need no ledger, so that the folder of the default may be missing. @throws RunError */
function requireNamedLedger(ledger: string): void {
  if (ledger !== ledgerOption().defaultValue) requireLedger(ledger);
}

function foldersOf({ results }: ResultsOptions): string[] {
  return results === undefined ? tableFolders() : [results];
}

interface ChosenSuites {
  /** With their folders. */
  readonly suites: Map<string, string>;
  /** Tables that are left out. */
  readonly faults: readonly TableFault[];
}

/**
 * The named suite, or all suites with results, and their folder. Standard error names both unless the user named the folder.
 *
 * @throws RunError if the suite's table differs from its provenance
 */
async function chosenSuites(options: ResultsOptions, suite?: string): Promise<ChosenSuites> {
  const folders = foldersOf(options);
  if (options.results !== undefined && !existsSync(options.results)) throw noResults(options.results);
  const faults = await settleTables(folders);
  const all = await suitesIn(folders);
  for (const { folder, suite: name, message } of faults) {
    const isRead = (all.get(name) ?? folder) === folder;
    if (suite === name && isRead) throw new RunError(message);
    if (suite === undefined) console.error(`${name} is left out: ${message}`);
    if (isRead) all.delete(name);
  }
  const suites = suite === undefined ? all : new Map([[suite, await folderOfSuite(folders, suite)]]);
  if (options.results === undefined && suites.size > 0) {
    const read = folders.map((folder) => {
      const names = [...suites].flatMap(([name, from]) => (from === folder ? [name] : []));
      return names.length === 0 ? [] : [`from ${folder}: ${names.join(', ')}`];
    });
    console.error(read.flat().join('; '));
  }
  return { suites, faults };
}

export async function claims({
  json,
  weights = [],
  ...options
}: ResultsOptions & { readonly json?: boolean; readonly weights?: readonly string[] }): Promise<void> {
  const bySuite = new Map<string, SeedRow[]>();
  for (const [suite, folder] of (await chosenSuites(options)).suites) {
    bySuite.set(suite, await readSeedRows(folder, suite));
  }
  const checked = checkClaims([...bySuite.values()].flat(), { weights });
  if (json === true) {
    printData(JSON.stringify(checked, null, 2));
    return;
  }
  console.log(claimLines(checked));
  for (const [suite, rows] of bySuite) console.log(`\n${suite}\n${comparisonLines(rows)}`);
}

export async function trace(
  suite: string,
  rowNumber: number,
  { ledger, ...options }: ResultsOptions & { readonly ledger: string },
): Promise<void> {
  requireNamedLedger(ledger);
  const [[, folder]] = [...(await chosenSuites(options, suite)).suites] as [[string, string]];
  const row = await readTableRow(folder, suite, rowNumber);
  for (const [column, value] of Object.entries(row)) if (value !== '') console.log(`${column}: ${value}`);
  const provenanceFile = join(folder, `${suite}.provenance.json`);
  const provenance = await storedProvenance(provenanceFile);
  if (provenance === undefined) {
    throw new RunError(`${provenanceFile} is not there; the command that makes the table writes it`);
  }
  for (const short of (row['cells'] ?? '').split(' ').filter(Boolean)) {
    const cell = provenance.cells.find(({ key }) => key.startsWith(short));
    if (cell === undefined) {
      console.log(`\ncell ${short}: not in ${provenanceFile}`);
      continue;
    }
    const stored = join(ledger, cell.key, 'result.json');
    const place = existsSync(stored)
      ? stored
      : `${stored} (not on this machine; the command below computes it again)`;
    console.log(
      `\ncell ${cell.key}${seedOf(cell.spec)}\n  result:  ${place}\n${originLines(cell.provenance)}`,
    );
  }
  const command = provenance.arguments ?? ['bench', suite];
  console.log(`\ncommand: ./clce ${command.map(shellWord).join(' ')}`);
  const [, file = ''] = command;
  if (file.endsWith('.ts') && !existsSync(resolve(REPOSITORY, file))) {
    const commit = provenance.cells.find((cell) => cell.provenance?.commit)?.provenance?.commit ?? 'unknown';
    console.log(`         ${file} is not in this version; the command runs at commit ${commit}`);
  }
}

export async function tuneShow(suite: string, options: ResultsOptions): Promise<void> {
  const [[, folder]] = [...(await chosenSuites(options, suite)).suites] as [[string, string]];
  const rows = await readTrialRows(folder, suite);
  const width = terminalWidth();
  console.log(`${trialTableText(rows, width)}\n\n${choiceLines(rows, width)}`);
}

/** Code, machine and time behind a result. */
function originLines(provenance: Partial<Provenance> | null): string {
  const { commit, dirty, cpu, instructionSets, cores, node, platform, startedAt, durationMs } =
    provenance ?? {};
  if (durationMs === undefined) return '  code, machine and time: unknown';
  const changed = dirty === true ? ', with changes that were not committed' : '';
  return `  code:    ${commit ?? 'unknown'}${changed}
  machine: ${cpu}, ${cores} cores, ${platform}, Node ${node}
           instruction sets ${instructionSets?.join(' ') ?? 'unknown'}
  time:    ${startedAt}, ${Math.round(durationMs / 1000)} s`;
}

function seedOf(spec: { readonly seed?: unknown }): string {
  return spec.seed === undefined ? '' : `, seed ${spec.seed}`;
}
