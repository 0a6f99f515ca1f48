/** Writes the files of a finished run: its tables and their plots, side by side. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hashFolders } from '@clce/files';
import {
  embeddingMapCsv,
  embeddingMapTable,
  type FinishedCell,
  parameterColumns,
  type ResultRow,
  resultsCsv,
  resultsTable,
  type SeedRow,
  type SpreadRow,
  seedCsvBytes,
  seedRows,
  similarityCsv,
  similarityTable,
  spreadCsv,
  spreadTable,
  type TrendRow,
  type TrialRow,
  trendCsv,
  trendTable,
  trialCsv,
  type VerdictPlan,
  type VerdictRow,
  verdictCsv,
  verdictTable,
  type WithFacts,
} from '@clce/results';
import {
  batchSizePlot,
  differencePlot,
  embeddingMapPlot,
  type PlotSpec,
  renderPlot,
  similarityPlot,
  stepsPlot,
  trialDifferencePlot,
  trialPlot,
} from '@clce/results/plots';
import { REPOSITORY } from '../places.ts';
import type { BehindTable } from './provenance-file.ts';
import { type TablePlot, writeTable } from './table-files.ts';

export interface Report {
  readonly rows: readonly ResultRow[];
  /** Made anew at each iteration. */
  readonly seeds: Iterable<SeedRow>;
  readonly trends: readonly TrendRow[];
  /** Empty without folds, and on validation data. */
  readonly verdicts: readonly VerdictRow[];
  /** Empty without two folds of two seeds. */
  readonly spreads: readonly SpreadRow[];
  /** Of a tuned preset; otherwise empty. */
  readonly trials: readonly TrialRow[];
}

/** What a table holds besides its finished cells. */
interface Asked {
  /** All cells of the run, those that have failed among them. */
  readonly planned: readonly WithFacts[];
  /** What is judged over folds. */
  readonly judged?: VerdictPlan | undefined;
  /** Of a tuned preset. */
  readonly trials?: readonly TrialRow[] | undefined;
}

export interface WrittenReport extends Report {
  /** Paths of files of the former table that somebody has changed, and that the new table has not. */
  readonly changed: readonly string[];
}

/**
 * @param out path of the main table; all other files lie beside it
 * @param reference the method with which the other methods are compared
 * @throws FileWriteError
 */
export async function writeReport(
  out: string,
  cells: readonly FinishedCell[],
  reference: string,
  behind: BehindTable,
  { planned, judged, trials = [] }: Asked,
): Promise<WrittenReport> {
  const rows = resultsTable(cells, reference, planned);
  const seeds = { [Symbol.iterator]: () => seedRows(cells) };
  const trends = trendTable(cells, reference);
  const verdicts = judged === undefined ? [] : verdictTable(cells, reference, judged);
  const spreads = judged === undefined ? [] : spreadTable(cells, judged);
  const similarities = similarityTable(cells);
  const embeddings = embeddingMapTable(cells);
  const tables = {
    csv: resultsCsv(rows),
    'seeds.csv': seedCsvBytes(seeds, parameterColumns(cells)),
    'similarities.csv': similarityCsv(similarities),
    'embedding-map.csv': embeddingMapCsv(embeddings),
    ...(trends.length > 0 && { 'trend.csv': trendCsv(trends) }),
    ...(verdicts.length > 0 && { 'verdicts.csv': verdictCsv(verdicts) }),
    ...(spreads.length > 0 && { 'spreads.csv': spreadCsv(spreads) }),
    ...(trials.length > 0 && { 'trials.csv': trialCsv(trials) }),
  };
  const plots = plotsOf({
    differences: differencePlot(rows),
    'by-batch-size': batchSizePlot(rows),
    'by-steps': stepsPlot(rows),
    similarities: similarityPlot(similarities),
    'embedding-map': embeddingMapPlot(embeddings),
    trials: trialPlot(trials),
    'trial-differences': trialDifferencePlot(trials, reference),
  });
  const changed = await writeTable(out, tables, behind, plots);
  return { rows, seeds, trends, verdicts, spreads, trials, changed };
}

/** Every plot that the figures allow, by ending. */
function plotsOf(specs: Readonly<Record<string, PlotSpec | null>>): Record<string, TablePlot> {
  const renderer = rendererHash();
  const plots: Record<string, TablePlot> = {};
  for (const [name, spec] of Object.entries(specs)) {
    if (spec === null) continue;
    const from = createHash('sha256')
      .update(`${renderer}\0${JSON.stringify(spec)}`)
      .digest('hex');
    plots[name] = { from, draw: () => renderPlot(spec) };
  }
  return plots;
}

/** The programs that draw, and the exact versions of the libraries that they use. */
function rendererHash(): string {
  const { resolve } = createRequire(import.meta.url);
  const folders = ['@clce/results/plots', '@clce/text'].map((module) => dirname(resolve(module)));
  return hashFolders(folders, readFileSync(join(REPOSITORY, 'pnpm-lock.yaml'), 'utf8'));
}
