/**
 * What a ledger holds: its cells, files that no run will use, and whatever this version does not understand.
 *
 * Every command that counts, lists or removes cells uses this survey, so all of them call the same cells running and the
 * same files left over. Left over are:
 *
 * - results of earlier numerics, or of an earlier layout of the files;
 * - leases of dead runs (`isDead` in leases/leases.ts), and half-written files of cells that no living run leases;
 * - snapshots beside a finished result, unless a newer attempt to compute that result again has made them.
 *
 * Anything else that is not a file of this ledger is named with a reason and left alone: results of newer numerics or of
 * a newer layout, damaged results, files and folders of others.
 */
import { type Dirent, readdirSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ifAbsent } from '@clce/files';
import { isKey } from './cell.ts';
import { fileClock } from './leases/file-clock.ts';
import {
  DEAD_AFTER_MS,
  type Leases,
  leasesFolder,
  openLeases,
  parseLeaseName,
  type StandingLease,
  standingLeases,
} from './leases/leases.ts';
import type { Owner } from './leases/owner.ts';
import type { Ledger } from './ledger.ts';
import { INDEX_FILE, INDEX_FOLDER } from './result-index.ts';
import type { BrokenFile } from './sealed-files.ts';

/** A path of the ledger, and why it is named. */
export interface NamedPath {
  readonly path: string;
  readonly reason: string;
}

/** A path that no run will use. */
export interface Leftover extends NamedPath {
  /** The cell to which it belongs; null where it belongs to none. */
  readonly key: string | null;
}

/**
 * An `unfinished` cell was started, but has neither a result nor a failure. The result of a `damaged` cell, or its
 * provenance, is broken. The result of an `earlier` cell has the form of an earlier version. The folder of an `unknown`
 * cell holds no file of this ledger, or a result of newer numerics.
 */
export type CellState = 'done' | 'running' | 'failed' | 'unfinished' | 'damaged' | 'earlier' | 'unknown';

export interface SurveyedCell {
  readonly key: string;
  readonly state: CellState;
  /** The owner of the cell's lease, dead or alive; null where there is none or its lease cannot be read. */
  readonly owner: Owner | null;
}

export interface LedgerSurvey {
  readonly cells: readonly SurveyedCell[];
  readonly leftovers: readonly Leftover[];
  readonly unknown: readonly NamedPath[];
  /** Results that this version does not believe. */
  readonly broken: readonly BrokenFile[];
}

export interface SurveyOptions {
  readonly ledger: Ledger<unknown>;
  /** The numerics of this version. */
  readonly numericsVersion: number;
  /** Silence after which a lease is dead; two minutes by default. */
  readonly deadAfterMs?: number;
}

export async function surveyLedger(options: SurveyOptions): Promise<LedgerSurvey> {
  const { directory } = options.ledger;
  const { keys, unknown } = await foldersIn(directory);
  const leases = await standingLeases(directory, options);
  const leased = [...leases.keys()].filter(isKey);
  const all = [...new Set([...keys, ...leased])].sort();
  const surveys = await surveyCells(all, options, leases);
  const beside = [
    await surveyLeases(directory, leases, options),
    await surveySubmissions(directory, options),
    await surveyIndex(directory, options),
  ];
  return {
    cells: surveys.map(({ cell }) => cell),
    leftovers: [...surveys, ...beside].flatMap(({ leftovers }) => leftovers),
    unknown: [{ unknown }, ...surveys, ...beside].flatMap((found) => found.unknown),
    broken: surveys.flatMap(({ broken = [] }) => broken),
  };
}

/** What the survey says of these cells. */
export async function surveyCells(
  keys: readonly string[],
  options: SurveyOptions,
  leases?: ReadonlyMap<string, StandingLease>,
): Promise<CellSurvey[]> {
  const standing = leases ?? (await standingLeases(options.ledger.directory, options));
  const surveys: CellSurvey[] = [];
  for (const key of keys) surveys.push(await surveyCell(key, standing.get(key), options));
  return surveys;
}

/** Keys of the ledger's cells, from the names of its folders. */
export async function cellsIn(directory: string): Promise<string[]> {
  return (await foldersIn(directory)).keys;
}

/**
 * Removes what is left over. A cell's files are removed under a lease, so no run is using them.
 *
 * @param survey of this ledger
 * @returns the paths that were removed
 * @throws FileWriteError where the ledger cannot be written
 */
export async function removeLeftovers(
  options: SurveyOptions,
  { leftovers }: Pick<LedgerSurvey, 'leftovers'>,
): Promise<string[]> {
  const { directory } = options.ledger;
  const leases = openLeases({ directory, ...options });
  const removed: string[] = [];
  const remove = async ({ key, path }: Leftover): Promise<void> => {
    if (key !== null && path === join(directory, key)) await removeCellFiles(directory, key);
    // A lease goes when this process releases the cell, with all lower leases.
    else if (parseLeaseName(basename(path)) === null) await nodeFiles.rm(path, { force: true });
    removed.push(path);
  };
  const byKey = new Map<string | null, Leftover[]>();
  for (const leftover of leftovers) {
    const of = byKey.get(leftover.key);
    if (of === undefined) byKey.set(leftover.key, [leftover]);
    else of.push(leftover);
  }
  for (const [key, found] of byKey) {
    const removeAll = async (): Promise<void> => {
      // A run may have used the cell between the survey and the lease.
      const still = key === null ? [] : (await surveyCell(key, undefined, options)).leftovers;
      const inCell = new Set(still.map(({ path }) => path));
      for (const leftover of found) {
        if (key === null || inLeases(directory, leftover) || inCell.has(leftover.path))
          await remove(leftover);
      }
    };
    if (key === null) await removeAll();
    else await withLease(leases, key, removeAll);
  }
  return removed;
}

/** Calls `work` while this process owns the cell. @returns the owner of a cell that is held; undefined once `work` is done */
export async function withLease(
  leases: Leases,
  key: string,
  work: () => Promise<void>,
): Promise<{ readonly heldBy: Owner | null } | undefined> {
  const attempt = await leases.acquire(key);
  if (attempt.state === 'held') return { heldBy: attempt.owner };
  try {
    await work();
  } finally {
    await attempt.lease.release();
  }
  return undefined;
}

/**
 * Removes the ledger's own files of a cell, and the cell's folder unless somebody else's files are in it.
 *
 * @returns the names of the removed files, and of those that stay
 */
export async function removeCellFiles(
  directory: string,
  key: string,
): Promise<{ readonly removed: readonly string[]; readonly kept: readonly string[] }> {
  const folder = join(directory, key);
  const entries = await entriesOf(folder);
  const removed = entries.filter(isOfLedger).map(({ name }) => name);
  for (const name of removed) await nodeFiles.rm(join(folder, name), { force: true });
  await nodeFiles.rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(String(error.code))) throw error;
  });
  return { removed, kept: entries.filter((entry) => !isOfLedger(entry)).map(({ name }) => name) };
}

/** Removes what only an unfinished cell needs. The caller owns the cell, and the cell has its result. */
export async function removeBesideResult(directory: string, key: string): Promise<void> {
  const folder = join(directory, key);
  for (const entry of await entriesOf(folder)) {
    const { name } = entry;
    const goes = isOfLedger(entry) && (isSnapshot(name) || isHalfWritten(name));
    if (goes) await nodeFiles.rm(join(folder, name), { force: true });
  }
}

/** Files of a cell's folder. */
const OWN = [
  'result.json',
  'provenance.json',
  'sources.json',
  'failure.json',
  'journal.jsonl',
  'weights.safetensors',
];
const isSnapshot = (name: string): boolean => name === 'snapshot.safetensors';
const isOwn = (name: string): boolean => OWN.includes(name) || isSnapshot(name);

/** The name under which `writeFile` of `@clce/files` writes a file, until the file is whole. */
const TEMPORARY = /^\.(.+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

function isHalfWritten(name: string): boolean {
  const [, whole] = TEMPORARY.exec(name) ?? [];
  return whole !== undefined && isOwn(whole);
}

/** A folder is somebody else's, whatever its name. */
function isOfLedger(entry: Dirent): boolean {
  return !entry.isDirectory() && (isOwn(entry.name) || isHalfWritten(entry.name));
}

/** The ledger's own folders beside the cells. */
const RESERVED = ['.leases', '.slurm', INDEX_FOLDER];

async function foldersIn(directory: string): Promise<{ keys: string[]; unknown: NamedPath[] }> {
  const keys: string[] = [];
  const unknown: NamedPath[] = [];
  for (const entry of await entriesOf(directory)) {
    const path = join(directory, entry.name);
    if (RESERVED.includes(entry.name)) continue;
    if (!isKey(entry.name)) unknown.push({ path, reason: 'it is not of the ledger' });
    else if (await isFolder(entry, path)) keys.push(entry.name);
    else unknown.push({ path, reason: 'it has the name of a cell and is not a folder' });
  }
  return { keys: keys.sort(), unknown };
}

export interface CellSurvey {
  readonly cell: SurveyedCell;
  readonly leftovers: readonly Leftover[];
  readonly unknown: readonly NamedPath[];
  readonly broken?: readonly BrokenFile[];
}

/** @param lease the cell's lease; undefined where there is none, or the caller has it */
async function surveyCell(
  key: string,
  lease: StandingLease | undefined,
  { ledger, numericsVersion }: SurveyOptions,
): Promise<CellSurvey> {
  const folder = join(ledger.directory, key);
  const owner = lease?.owner ?? null;
  const running = lease !== undefined && !lease.dead;
  const named = (name: string, reason: string): Leftover => ({ key, path: join(folder, name), reason });
  try {
    const entries = await entriesOf(folder);
    const names = entries.map(({ name }) => name);
    // A folder in the place of a file that is read is told by its reader.
    const foreign = entries.filter((entry) => !isOfLedger(entry) && !OWN.includes(entry.name));
    const unknown: NamedPath[] = foreign.map(({ name }) => named(name, 'it is not of the ledger'));
    const kept = names.includes('failure.json') ? 'failed' : 'unfinished';
    if (running && !(names.includes('result.json') && kept !== 'failed')) {
      return { cell: { key, state: 'running', owner }, leftovers: [], unknown };
    }
    const own = entries.filter(isOfLedger).map(({ name }) => name);
    const halves = own
      .filter((name) => !running && isHalfWritten(name))
      .map((name) => named(name, 'it is half-written'));
    const stored = await ledger.read(key);
    if (stored.state === 'absent') {
      const state = foreign.length > 0 && foreign.length === names.length ? 'unknown' : kept;
      return { cell: { key, state, owner }, leftovers: halves, unknown };
    }
    if (stored.state === 'disbelieved' && stored.earlierLayout !== undefined && kept !== 'failed') {
      // A snapshot is of an interrupted attempt to compute the result again.
      const old = own.some(isSnapshot)
        ? [named('result.json', stored.reason)]
        : [{ key, path: folder, reason: stored.reason }];
      return { cell: { key, state: 'earlier', owner }, leftovers: running ? [] : old, unknown };
    }
    const spec = stored.state === 'present' ? stored.record.spec : await ledger.readSpec(key);
    const { numericsVersion: numerics } = (spec ?? {}) as { readonly numericsVersion?: unknown };
    // Results of other numerics may have other entries; a broken provenance is broken with any numerics.
    const isOther = numerics !== undefined && numerics !== numericsVersion;
    if (stored.state === 'disbelieved' && !(isOther && basename(stored.file) === 'result.json')) {
      const state = kept === 'failed' ? kept : 'damaged';
      return { cell: { key, state, owner }, leftovers: halves, unknown, broken: [stored] };
    }
    const believed = stored.state === 'present' ? 'done' : 'earlier';
    const state = kept === 'failed' ? kept : believed;
    if (!Number.isInteger(numerics) || Number(numerics) < 1 || Number(numerics) > numericsVersion) {
      const reason = `it has numerics ${JSON.stringify(numerics)}; this version has ${numericsVersion}`;
      unknown.push(named('result.json', reason));
      return { cell: { key, state: 'unknown', owner }, leftovers: halves, unknown };
    }
    if (running) return { cell: { key, state, owner }, leftovers: [], unknown };
    if (Number(numerics) < numericsVersion && state !== 'failed') {
      const leftovers = [{ key, path: folder, reason: `its result has the earlier numerics ${numerics}` }];
      return { cell: { key, state, owner }, leftovers, unknown };
    }
    const snapshots = own.filter((name) => state === 'done' && isSnapshot(name));
    const journal = snapshots.length === 0 ? null : await ledger.brokenJournal(key);
    if (journal !== null) {
      const reason = `its journal, which tells of which attempt it is, cannot be believed: ${journal.reason}`;
      unknown.push(...snapshots.map((name) => named(name, reason)));
      return { cell: { key, state, owner }, leftovers: halves, unknown };
    }
    const useless = await uselessSnapshots(ledger, key, snapshots);
    const beside = useless.map((name) => named(name, 'it is a snapshot beside a result'));
    return { cell: { key, state, owner }, leftovers: [...halves, ...beside], unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      cell: { key, state: running ? 'running' : 'unknown', owner },
      leftovers: [],
      unknown: [{ path: folder, reason }],
    };
  }
}

/** Snapshots beside a result, without those of an interrupted attempt to compute that result again. */
async function uselessSnapshots(
  ledger: Ledger<unknown>,
  key: string,
  snapshots: readonly string[],
): Promise<readonly string[]> {
  if (snapshots.length === 0) return [];
  const attempt = (await ledger.readJournal(key)).findLast(({ event }) => event === 'started');
  if (attempt?.['again'] === undefined) return snapshots;
  const writtenMs = async (name: string) => (await nodeFiles.stat(join(ledger.directory, key, name))).mtimeMs;
  const result = await writtenMs('result.json');
  const older: string[] = [];
  for (const name of snapshots) if ((await writtenMs(name)) <= result) older.push(name);
  return older;
}

type Found = Omit<CellSurvey, 'cell'>;

async function surveyLeases(
  directory: string,
  leases: ReadonlyMap<string, StandingLease>,
  options: SurveyOptions,
): Promise<Found> {
  const folder = leasesFolder(directory);
  const leftovers: Leftover[] = [];
  const unknown: NamedPath[] = [];
  for (const { name } of await entriesOf(folder)) {
    const path = join(folder, name);
    const [, whole] = TEMPORARY.exec(name) ?? [];
    const key = parseLeaseName(whole ?? name)?.key ?? null;
    const reason = whole === undefined ? 'it is a lease of a dead run' : 'it is half-written';
    if (key !== null && isKey(key)) {
      if (leases.get(key)?.dead !== false) leftovers.push({ key, path, reason });
    } else if (whole === 'clock') {
      if (await isOld(path, options)) leftovers.push({ key: null, path, reason: 'it only told the time' });
    } else unknown.push({ path, reason: 'it is not of the ledger' });
  }
  return { leftovers, unknown };
}

/** Files of a submission that were half-written. */
async function surveySubmissions(directory: string, options: SurveyOptions): Promise<Found> {
  const root = join(directory, '.slurm');
  const leftovers: Leftover[] = [];
  for (const submission of await entriesOf(root)) {
    if (!submission.isDirectory()) continue;
    for (const { name } of await entriesOf(join(root, submission.name))) {
      const [, whole = ''] = TEMPORARY.exec(name) ?? [];
      const path = join(root, submission.name, name);
      if (
        ['plan.json', 'script.sh', 'job.json', 'cancelled'].includes(whole) &&
        (await isOld(path, options))
      ) {
        leftovers.push({ key: null, path, reason: 'it is half-written' });
      }
    }
  }
  return { leftovers, unknown: [] };
}

/** Parts of an index whose writer was killed. */
async function surveyIndex(directory: string, options: SurveyOptions): Promise<Found> {
  const folder = join(directory, INDEX_FOLDER);
  const leftovers: Leftover[] = [];
  const unknown: NamedPath[] = [];
  for (const { name } of await entriesOf(folder)) {
    const path = join(folder, name);
    const [, whole = name] = TEMPORARY.exec(name) ?? [];
    if (whole !== INDEX_FILE) unknown.push({ path, reason: 'it is not of the ledger' });
    else if (whole !== name && (await isOld(path, options))) {
      leftovers.push({ key: null, path, reason: 'it is half-written' });
    }
  }
  return { leftovers, unknown };
}

/** Whether a file has not been written for as long as a dead lease, by the clock of the file system. */
async function isOld(path: string, { ledger, deadAfterMs = DEAD_AFTER_MS }: SurveyOptions): Promise<boolean> {
  const now = await fileClock(leasesFolder(ledger.directory)).now();
  const written = await nodeFiles.stat(path).catch(ifAbsent(null));
  return now !== null && written !== null && Math.abs(now - written.mtimeMs) > deadAfterMs;
}

function inLeases(directory: string, { path }: Leftover): boolean {
  return dirname(path) === leasesFolder(directory);
}

/** Reads without a promise inside: many thousand folders take a fifth of the processor time. */
async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    return ifAbsent<Dirent[]>([])(error);
  }
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  // A link may lead nowhere, or to itself.
  return (await nodeFiles.stat(path).catch(() => null))?.isDirectory() ?? false;
}
