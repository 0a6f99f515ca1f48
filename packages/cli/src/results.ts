/** Files of results as the commands find them: `results/SUITE.csv`, `.seeds.csv`, `.provenance.json`. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { csvRecords, parseSeedCsv, type SeedRow } from '@clce/experiments/results';
import { unknownName } from '@clce/names';
import { RunError } from './run-error.ts';

const SEEDS = '.seeds.csv';

/** Names of the suites that have results in that folder. */
export async function suitesIn(folder: string): Promise<string[]> {
  return (await filesIn(folder)).flatMap((file) => (file.endsWith(SEEDS) ? [basename(file, SEEDS)] : []));
}

/** Names of all CSV files in that folder, with their ending. */
export async function tablesIn(folder: string): Promise<string[]> {
  return (await filesIn(folder)).filter((file) => file.endsWith('.csv'));
}

/** @throws RunError where the folder has no such suite, ResultsError where its file is damaged */
export async function readSeedRows(folder: string, suite: string): Promise<SeedRow[]> {
  await requireSuite(folder, suite);
  const file = join(folder, `${suite}${SEEDS}`);
  return parseSeedCsv(await readFile(file, 'utf8'), file);
}

/** One row of a suite's table, the first below the header being 1. @throws RunError naming how many there are */
export async function readTableRow(
  folder: string,
  suite: string,
  row: number,
): Promise<Record<string, string>> {
  await requireSuite(folder, suite);
  const file = join(folder, `${suite}.csv`);
  const rows = csvRecords(await readFile(file, 'utf8'), file);
  const found = rows[row - 1];
  if (found === undefined) throw new RunError(`${file} has rows 1 to ${rows.length}, not ${row}`);
  return found;
}

async function requireSuite(folder: string, suite: string): Promise<void> {
  const suites = await suitesIn(folder);
  if (suites.length === 0) {
    throw new RunError(
      `${folder} holds no results; "pnpm bench:fewshot" makes some, --results names another folder`,
    );
  }
  if (!suites.includes(suite)) throw new RunError(unknownName(`table in ${folder}`, suite, suites));
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
