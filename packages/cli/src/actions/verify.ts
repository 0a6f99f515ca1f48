/** `clce verify`: computes a sample of a table's cells again and compares. */
import { hash, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addOwnFiles, type CellSpec, factsOf, inputFinder, labelOf, wantedFiles } from '@clce/experiments';
import { getLoss } from '@clce/losses';
import { csvRecords, measurementsOf, NUMERICS_VERSION, type ReportedResult } from '@clce/results';
import {
  type CellOutcome,
  cellKey,
  describeEnvironment,
  PORTABLE,
  type Provenance,
  processorKind,
} from '@clce/runner';
import { mean } from '@clce/statistics';
import type { Sample } from '../commands/results.ts';
import { REPOSITORY } from '../places.ts';
import { loadDataset } from '../run/load-dataset.ts';
import { ownFilesOf } from '../run/own-files.ts';
import type { SuiteCell } from '../run/plan.ts';
import { InterruptedError, RunError } from '../run/run-error.ts';
import { settlePlan } from '../run/run-plan.ts';
import { stoppable } from '../run/stopping.ts';
import type { BehindCell } from '../stored/provenance-file.ts';
import { requireBehind, seedsOf, trialsOf } from '../stored/table-files.ts';

interface VerifyOptions {
  readonly sample: Sample;
  readonly seed?: number;
  readonly workers: number;
  readonly dataRoot: string;
  readonly datasetFile?: readonly string[];
  readonly lossFile?: readonly string[];
  readonly input?: readonly string[];
}

/** What became of a cell of the sample. */
interface Verdict {
  readonly state: 'same' | 'differs' | 'not comparable' | 'not computed';
  readonly why: string;
}

export async function verify(table: string, options: VerifyOptions): Promise<void> {
  const { seed = randomInt(2 ** 31), lossFile = [], datasetFile = [] } = options;
  const { cells } = await requireBehind(table);
  if (cells.length === 0) throw new RunError(`${table} has no cells behind it`);
  const chosen = sampleOf(cells, options.sample, seed);
  console.log(`${chosen.length} of ${cells.length} cells of ${table}, seed ${seed}`);
  const { figures, titles } = await figuresOf(table);
  const ownFiles = await addOwnFiles([
    ...ownFilesOf('loss', lossFile),
    ...ownFilesOf('dataset', datasetFile),
  ]);
  const here = processorKind(await describeEnvironment({ directory: REPOSITORY }));
  const filesOf = inputFinder(options.input ?? []);
  const verdicts = new Map<string, Verdict>();
  const plan: SuiteCell[] = [];
  let inputPaths: Readonly<Record<string, string>> = {};
  for (const cell of chosen) {
    const stored = figures.get(cell.key.slice(0, SHORT)) ?? new Map();
    const obstacle = obstacleOf(cell, here, stored);
    if (obstacle !== undefined) {
      verdicts.set(cell.key, { state: 'not comparable', why: obstacle });
      continue;
    }
    const spec = cell.spec as CellSpec;
    try {
      inputPaths = { ...inputPaths, ...(await inputsOf(spec, options.dataRoot, filesOf)) };
      const method = titles.get(cell.key.slice(0, SHORT)) ?? nameOfLoss(spec);
      plan.push({ key: cell.key, label: labelOf(spec, method), spec, facts: factsOf(spec, method) });
    } catch (error) {
      // A specification may come from anywhere, and may lack any entry.
      verdicts.set(cell.key, { state: 'not computed', why: (error as Error).message });
    }
  }
  const settings = { ...options, inputPaths, ownFiles };
  for (const outcome of await computed(plan, settings)) {
    const { key } = outcome.cell;
    const cell = chosen.find((one) => one.key === key)!;
    verdicts.set(key, verdictOn(outcome, cell, figures.get(key.slice(0, SHORT)) ?? new Map()));
  }
  report(chosen, verdicts, new Map(plan.map(({ key, label }) => [key, label])));
}

/** Digits of a key in tables. */
const SHORT = 12;

/** The cells whose keys come first by a hash with the seed; at least one. */
function sampleOf(cells: readonly BehindCell[], sample: Sample, seed: number): readonly BehindCell[] {
  const count = 'share' in sample ? Math.ceil(sample.share * cells.length) : sample.count;
  const ranked = cells.map((cell) => ({ cell, rank: hash('sha256', `${seed} ${cell.key}`) }));
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.slice(0, Math.max(1, count)).map(({ cell }) => cell);
}

/** Figures of a cell as the table holds them, by their names. */
type Figures = ReadonlyMap<string, number>;

/** For a cell that no row shows, because it diverged. */
function nameOfLoss(spec: CellSpec): string {
  return spec.kind === 'training' ? spec.loss.name : 'none';
}

interface TableFigures {
  readonly figures: ReadonlyMap<string, Figures>;
  /** Titles of the methods. */
  readonly titles: ReadonlyMap<string, string>;
}

/**
 * The figures and titles of single cells, by the first digits of their keys.
 *
 * @throws RunError where a row over several cells is not the mean of the single figures
 */
async function figuresOf(table: string): Promise<TableFigures> {
  const figures = new Map<string, Map<string, number>>();
  const titles = await titlesOfTrials(table);
  const seeds = seedsOf(table);
  if (existsSync(seeds)) {
    for (const row of csvRecords(await readFile(seeds, 'utf8'), seeds)) {
      const { cell = '' } = row;
      const known = figures.get(cell) ?? new Map<string, number>();
      figures.set(cell, known.set(nameOf(row), Number(row['value'])));
    }
  }
  const rows = csvRecords(await readFile(table, 'utf8'), table);
  for (const [at, row] of rows.entries()) {
    const cells = (row['cells'] ?? '').split(' ');
    for (const cell of cells) titles.set(cell, row['loss'] ?? '');
    const [name, value] = [nameOf(row), Number(row['value'])];
    const single = cells.map((cell) => figures.get(cell)?.get(name));
    // A baseline has no seed, and its figures stand in the table alone; over several folds, only their mean does.
    if (row['loss'] === 'none' && single.every((one) => one === undefined)) {
      if (cells.length > 1) continue;
      const known = figures.get(cells[0]!) ?? new Map<string, number>();
      figures.set(cells[0]!, known.set(name, value));
    } else if (!single.every((one) => one !== undefined) || !isNear(mean(single), value)) {
      throw new RunError(
        `${table}, row ${at + 1}: its ${name} is ${row['value']}, which is not the mean of its cells in ${seeds}`,
      );
    }
  }
  return { figures, titles };
}

/** Such as `CLCE, trial 3`, by the first digits of the cells' keys; none for a table that is not tuned. */
async function titlesOfTrials(table: string): Promise<Map<string, string>> {
  const file = trialsOf(table);
  if (!existsSync(file)) return new Map();
  const rows = csvRecords(await readFile(file, 'utf8'), file);
  return new Map(rows.map(({ cell = '', method, trial }) => [cell, `${method}, trial ${trial}`]));
}

/** Versions of this project may add up in another order. */
function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one));
}

/** Why the cell's result need not be the table's here; undefined where both have the same bits. */
function obstacleOf(
  { key, spec, provenance }: BehindCell,
  here: string,
  stored: Figures,
): string | undefined {
  const { numericsVersion, engine } = spec as Partial<CellSpec>;
  if (numericsVersion !== NUMERICS_VERSION) {
    const at = provenance?.commit ? `; the code of commit ${provenance.commit} computes it` : '';
    return `it has numerics ${numericsVersion}, and this version has ${NUMERICS_VERSION}${at}`;
  }
  if (cellKey(spec) !== key) return 'its specification is not the one of its key';
  if (here !== PORTABLE) return `this processor is ${here}; only ${PORTABLE} gives the same bits`;
  const { platform, instructionSets } = provenance ?? {};
  if (platform === undefined || instructionSets === undefined) {
    return 'the table does not say on which processor it was computed';
  }
  const there = processorKind({ platform, instructionSets } as Provenance);
  if (there !== PORTABLE) return `it was computed on ${there}; only ${PORTABLE} gives the same bits`;
  if (engine !== PORTABLE_ENGINE) return `the engine ${engine} gives the same bits on one machine alone`;
  if (stored.size === 0 && provenance?.result === undefined) return 'the table holds no figure of it';
  return undefined;
}

const PORTABLE_ENGINE = 'onnx';

/** The files that the cell starts from. Prepares its data set. @throws UserError saying what is missing and how to give it */
async function inputsOf(
  spec: CellSpec,
  dataRoot: string,
  filesOf: ReturnType<typeof inputFinder>,
): Promise<Readonly<Record<string, string>>> {
  const { name, imageSize, manifestHash } = spec.dataset;
  if (spec.kind === 'training') getLoss(spec.loss.name);
  const dataset = await loadDataset(name, dataRoot, imageSize);
  if (dataset.manifestHash !== manifestHash) {
    throw new RunError(
      `data set ${name} of ${dataRoot} holds other pictures than the table’s; --data names another`,
    );
  }
  const paths = await filesOf(spec);
  for (const { hash } of wantedFiles(spec)) {
    if (paths[hash] === undefined) {
      throw new RunError(`it starts from a file with SHA-256 ${hash}; --input names the file`);
    }
  }
  return paths;
}

/** Computes the cells in a ledger of their own, which has no result and no features of another run. */
async function computed(
  plan: readonly SuiteCell[],
  { workers, dataRoot, inputPaths, ownFiles }: VerifyOptions & Pick<Settings, 'inputPaths' | 'ownFiles'>,
): Promise<readonly CellOutcome<SuiteCell, ReportedResult>[]> {
  if (plan.length === 0) return [];
  // A request to stop removes the folder at whatever moment it comes.
  return stoppable(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'clce-verify-'));
    try {
      const outcomes = await settlePlan(plan, {
        ledger: join(folder, 'runs'),
        workers: Math.min(workers, plan.length),
        json: false,
        settings: {
          ...{ dataRoot, inputPaths, ownFiles, featureFolder: join(folder, 'features') },
          ...{ snapshotMs: Number.MAX_SAFE_INTEGER, dataWorkers: 1, saveWeights: false },
        },
      });
      if (outcomes.some(({ kind }) => kind === 'interrupted')) {
        throw new InterruptedError(
          'interrupted; nothing is kept, and the same command with the same seed starts over',
        );
      }
      return outcomes;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

type Settings = Parameters<typeof settlePlan>[1]['settings'];

function verdictOn(
  outcome: CellOutcome<SuiteCell, ReportedResult>,
  { provenance }: BehindCell,
  stored: Figures,
): Verdict {
  if (outcome.kind !== 'done') {
    return {
      state: 'not computed',
      why: outcome.kind === 'failed' ? outcome.error.message : 'it was interrupted',
    };
  }
  const here = new Map(
    measurementsOf(outcome.result).map(({ shot, classifier, measure, value }) => [
      nameOf({ shot: String(shot ?? ''), classifier, measure }),
      value,
    ]),
  );
  for (const [name, value] of stored) {
    const again = here.get(name);
    if (again === value) continue;
    return { state: 'differs', why: `${name} is ${value} in the table and ${again ?? 'absent'} here` };
  }
  const digest = provenance?.result;
  const figures = `${stored.size} figures`;
  const whole = 'every byte of its result';
  if (digest === undefined)
    return { state: 'same', why: `${figures}; the table holds no digest of its result` };
  if (digest === outcome.digest)
    return { state: 'same', why: stored.size === 0 ? whole : `${figures} and ${whole}` };
  const why = `its result has the digest ${digest} in the table and ${outcome.digest} here${stored.size === 0 ? '' : `; ${figures} are the same`}`;
  return { state: 'differs', why };
}

/** @param row of a table, or the same entries as texts */
function nameOf({ shot = '', classifier = '', measure = '' }: Readonly<Record<string, string>>): string {
  return [shot && `${shot}-shot`, classifier, measure].filter(Boolean).join(' ');
}

/** A line for each cell, and the exit code. */
function report(
  chosen: readonly BehindCell[],
  verdicts: ReadonlyMap<string, Verdict>,
  labels: ReadonlyMap<string, string>,
): void {
  const counts = new Map<Verdict['state'], number>();
  for (const { key } of chosen) {
    const { state, why } = verdicts.get(key)!;
    counts.set(state, (counts.get(state) ?? 0) + 1);
    const label = labels.get(key);
    console.log(`${key.slice(0, SHORT)}  ${label === undefined ? '' : `${label}  `}${state}: ${why}`);
  }
  const count = (state: Verdict['state']) => counts.get(state) ?? 0;
  console.log([...counts].map(([state, number]) => `${number} ${state}`).join(', '));
  if (count('same') === 0 || count('differs') + count('not computed') > 0) process.exitCode = 1;
  if (count('same') + count('differs') === 0) console.error('nothing could be compared');
}
