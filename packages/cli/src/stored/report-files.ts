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
  type ResultRow,
  resultsCsv,
  resultsTable,
  type SeedRow,
  seedCsvBytes,
  seedRows,
  similarityCsv,
  similarityTable,
  type TrendRow,
  type TrialRow,
  trendCsv,
  trendTable,
  trialCsv,
} from '@clce/results';
import {
  batchSizePlot,
  differencePlot,
  embeddingMapPlot,
  type PlotSpec,
  renderPlot,
  similarityPlot,
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
  /** Of a tuned preset; otherwise empty. */
  readonly trials: readonly TrialRow[];
}

export interface WrittenReport extends Report {
  /** Paths of files of the former table that somebody has changed, and that the new table has not. */
  readonly changed: readonly string[];
}

/**
 * @param out path of the main table; all other files lie beside it
 * @param reference the method with which the other methods are compared
 * @param trials of a tuned preset
 * @throws FileWriteError
 */
export async function writeReport(
  out: string,
  cells: readonly FinishedCell[],
  reference: string,
  behind: BehindTable,
  trials: readonly TrialRow[] = [],
): Promise<WrittenReport> {
  const rows = resultsTable(cells, reference);
  const seeds = { [Symbol.iterator]: () => seedRows(cells) };
  const trends = trendTable(cells, reference);
  const similarities = similarityTable(cells);
  const embeddings = embeddingMapTable(cells);
  const tables = {
    csv: resultsCsv(rows),
    'seeds.csv': seedCsvBytes(seeds),
    'similarities.csv': similarityCsv(similarities),
    'embedding-map.csv': embeddingMapCsv(embeddings),
    ...(trends.length > 0 && { 'trend.csv': trendCsv(trends) }),
    ...(trials.length > 0 && { 'trials.csv': trialCsv(trials) }),
  };
  const plots = plotsOf({
    differences: differencePlot(rows),
    'by-batch-size': batchSizePlot(rows),
    similarities: similarityPlot(similarities),
    'embedding-map': embeddingMapPlot(embeddings),
    trials: trialPlot(trials),
    'trial-differences': trialDifferencePlot(trials, reference),
  });
  const changed = await writeTable(out, tables, behind, plots);
  return { rows, seeds, trends, trials, changed };
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
