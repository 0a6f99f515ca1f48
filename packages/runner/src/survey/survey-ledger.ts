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
import type { Dirent } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '@clce/files';
import { isKey } from '../cell.ts';
import { fileClock } from '../leases/file-clock.ts';
import {
  DEAD_AFTER_MS,
  leasesFolder,
  parseLeaseName,
  type StandingLease,
  standingLeases,
} from '../leases/leases.ts';
import { INDEX_FILE, INDEX_FOLDER } from '../result-index.ts';
import { entriesOf, TEMPORARY } from './cell-files.ts';
import type { CellSurvey, LedgerSurvey, Leftover, NamedPath, SurveyOptions } from './found.ts';
import { surveyCell } from './survey-cell.ts';

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

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  // A link may lead nowhere, or to itself.
  return (await nodeFiles.stat(path).catch(() => null))?.isDirectory() ?? false;
}
