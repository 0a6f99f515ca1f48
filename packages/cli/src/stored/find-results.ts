/** Finds the files of a suite's results: `FOLDER/SUITE.csv`, `.seeds.csv`, `.provenance.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ifAbsent } from '@clce/files';
import { unknownName } from '@clce/registry';
import { csvRecords, parseSeedCsv, parseTrialCsv, type SeedRow, type TrialRow } from '@clce/results';
import { RunError } from '../run/run-error.ts';
import { tableOfFile } from './table-files.ts';

const SEEDS = '.seeds.csv';

/** Suites that have results, each with the first folder that contains it. */
export async function suitesIn(folders: readonly string[]): Promise<Map<string, string>> {
  const measurements = (await tablesIn(folders)).filter((path) => path.endsWith(SEEDS));
  return new Map(measurements.map((path) => [basename(path, SEEDS), dirname(path)]));
}

/** Paths of all CSV files. All files of a suite come from the first folder that contains one of them. */
export async function tablesIn(folders: readonly string[]): Promise<string[]> {
  const folderOf = new Map<string, string>();
  const paths: string[] = [];
  for (const folder of folders) {
    for (const file of (await filesIn(folder)).filter((name) => name.endsWith('.csv'))) {
      const suite = tableOfFile(file)!;
      if (!folderOf.has(suite)) folderOf.set(suite, folder);
      if (folderOf.get(suite) === folder) paths.push(join(folder, file));
    }
  }
  return paths;
}

/** The first folder that contains the suite. @throws RunError naming the available suites, or a command that computes one */
export async function folderOfSuite(folders: readonly string[], suite: string): Promise<string> {
  const suites = await suitesIn(folders);
  const found = suites.get(suite);
  if (found !== undefined) return found;
  const places = folders.join(' and ');
  if (suites.size > 0) throw new RunError(unknownName(`table in ${places}`, suite, [...suites.keys()]));
  throw noResults(places);
}

export function noResults(places: string): RunError {
  return new RunError(
    `no results in ${places}; "./clce bench fewshot" computes results, --results names another folder`,
  );
}

/** @throws ResultsError where the file is damaged */
export async function readSeedRows(folder: string, suite: string): Promise<SeedRow[]> {
  const file = join(folder, `${suite}${SEEDS}`);
  return parseSeedCsv(await readFile(file, 'utf8'), file);
}

/** @throws RunError where the suite was not tuned, ResultsError where the file is damaged */
export async function readTrialRows(folder: string, suite: string): Promise<TrialRow[]> {
  const file = join(folder, `${suite}.trials.csv`);
  const csv = await readFile(file, 'utf8').catch(ifAbsent(undefined));
  if (csv === undefined)
    throw new RunError(`${file} is not there: the preset of ${suite} has no entry tuning`);
  return parseTrialCsv(csv, file);
}

/** One row of a suite's table; row 1 is the first below the header. @throws RunError naming the number of rows */
export async function readTableRow(
  folder: string,
  suite: string,
  row: number,
): Promise<Record<string, string>> {
  const file = join(folder, `${suite}.csv`);
  const rows = csvRecords(await readFile(file, 'utf8'), file);
  const found = rows[row - 1];
  if (found === undefined) throw new RunError(`${file} has rows 1 to ${rows.length}, not ${row}`);
  return found;
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(ifAbsent<string[]>([]))).sort();
}
