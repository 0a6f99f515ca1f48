/** `clce table`, `claims`, `trace` and `query`: tables of results, and the origin of each figure. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accuracyTable, checkClaims, type SeedRow } from '@clce/results';
import type { Provenance } from '@clce/runner';
import type { QueryFormat, TableFormat } from '../commands/results.ts';
import { tableFolders } from '../places.ts';
import { formatAccuracyTable } from '../print/accuracy-formats.ts';
import { folderOfSuite, readSeedRows, readTableRow, suitesIn } from '../print/find-results.ts';
import { terminalWidth } from '../print/fitted-table.ts';
import { openResults, printQuery } from '../print/query.ts';
import { claimLines, comparisonLines } from '../print/verdicts.ts';

interface ResultsOptions {
  readonly results?: string;
}

export async function table(
  suite: string | undefined,
  options: ResultsOptions & { readonly format: TableFormat },
): Promise<void> {
  for (const [name, folder] of await chosenSuites(options, suite)) {
    const accuracies = accuracyTable(await readSeedRows(folder, name));
    console.log(`${formatAccuracyTable(accuracies, options.format, name, terminalWidth())}\n`);
  }
}

export async function query(
  sql: string,
  options: ResultsOptions & { readonly ledger: string; readonly format: QueryFormat },
): Promise<void> {
  await chosenSuites(options);
  const connection = await openResults(foldersOf(options), options.ledger);
  console.log(await printQuery(connection, sql, options.format));
}

function foldersOf({ results }: ResultsOptions): string[] {
  return results === undefined ? tableFolders() : [results];
}

/** The named suite, or all suites with results, and their folder. Standard error names both unless the user named the folder. */
async function chosenSuites(options: ResultsOptions, suite?: string): Promise<Map<string, string>> {
  const folders = foldersOf(options);
  const suites =
    suite === undefined ? await suitesIn(folders) : new Map([[suite, await folderOfSuite(folders, suite)]]);
  if (options.results === undefined && suites.size > 0) {
    const read = folders.map((folder) => {
      const names = [...suites].flatMap(([name, from]) => (from === folder ? [name] : []));
      return names.length === 0 ? [] : [`from ${folder}: ${names.join(', ')}`];
    });
    console.error(read.flat().join('; '));
  }
  return suites;
}

export async function claims({
  json,
  ...options
}: ResultsOptions & { readonly json?: boolean }): Promise<void> {
  const bySuite = new Map<string, SeedRow[]>();
  for (const [suite, folder] of await chosenSuites(options)) {
    bySuite.set(suite, await readSeedRows(folder, suite));
  }
  const checked = checkClaims([...bySuite.values()].flat());
  if (json === true) {
    console.log(JSON.stringify(checked, null, 2));
    return;
  }
  console.log(claimLines(checked));
  for (const [suite, rows] of bySuite) console.log(`\n${suite}\n${comparisonLines(rows)}`);
}

/** The parts of a provenance file that are shown. Older files lack some of them. */
interface ProvenanceFile {
  readonly arguments?: readonly string[];
  readonly cells: readonly {
    readonly key: string;
    readonly spec: { readonly seed?: number };
    readonly provenance: Readonly<Partial<Provenance>> | null;
  }[];
}

export async function trace(
  suite: string,
  rowNumber: number,
  { ledger, ...options }: ResultsOptions & { readonly ledger: string },
): Promise<void> {
  const [[, folder]] = [...(await chosenSuites(options, suite))] as [[string, string]];
  const row = await readTableRow(folder, suite, rowNumber);
  for (const [column, value] of Object.entries(row)) if (value !== '') console.log(`${column}: ${value}`);
  const file = join(folder, `${suite}.provenance.json`);
  const provenance = JSON.parse(await readFile(file, 'utf8')) as ProvenanceFile;
  for (const short of row['cells']!.split(' ')) {
    const cell = provenance.cells.find(({ key }) => key.startsWith(short));
    if (cell === undefined) {
      console.log(`\ncell ${short}: not in ${file}`);
      continue;
    }
    const stored = join(ledger, cell.key, 'result.json');
    const { commit, dirty, cpu, instructionSets, cores, node, platform, startedAt, durationMs } =
      cell.provenance ?? {};
    console.log(`
cell ${cell.key}${cell.spec.seed === undefined ? '' : `, seed ${cell.spec.seed}`}
  result:  ${existsSync(stored) ? stored : `${stored} (not on this machine; the command below computes it again)`}
  code:    ${commit ?? 'unknown'}${dirty === true ? ', with changes that were not committed' : ''}
  machine: ${cpu}, ${cores} cores, ${platform}, Node ${node}
           instruction sets ${instructionSets?.join(' ') ?? 'unknown'}
  time:    ${startedAt}, ${Math.round(Number(durationMs) / 1000)} s`);
  }
  const command = provenance.arguments ?? ['bench', `benchmarks/${suite}.ts`];
  console.log(`\ncommand: ./clce ${command.map(quoted).join(' ')}`);
}

function quoted(word: string): string {
  return /^[\w./=,:+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
