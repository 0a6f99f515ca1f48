/** Writes the files of a finished run: its tables and their plots, side by side. */

import type { FileContent } from '@clce/files';
import {
  embeddingMapCsv,
  embeddingMapTable,
  type FinishedCell,
  type MapRow,
  type ResultRow,
  resultsCsv,
  resultsTable,
  type SeedRow,
  type SimilarityRow,
  seedCsv,
  seedTable,
  similarityCsv,
  similarityTable,
  type TrendRow,
  trendCsv,
  trendTable,
} from '@clce/results';
import type { BehindTable } from './provenance-file.ts';
import { writeTable } from './table-files.ts';

export interface Report {
  readonly rows: readonly ResultRow[];
  readonly seeds: readonly SeedRow[];
  readonly trends: readonly TrendRow[];
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
): Promise<WrittenReport> {
  const rows = resultsTable(cells, reference);
  const seeds = seedTable(cells);
  const trends = trendTable(cells, reference);
  const similarities = similarityTable(cells);
  const embeddings = embeddingMapTable(cells);
  const tables = {
    csv: resultsCsv(rows),
    'seeds.csv': seedCsv(seeds),
    'similarities.csv': similarityCsv(similarities),
    'embedding-map.csv': embeddingMapCsv(embeddings),
    ...(trends.length > 0 && { 'trend.csv': trendCsv(trends) }),
  };
  const plots = await plotFiles(rows, similarities, embeddings);
  const changed = await writeTable(out, { ...tables, ...plots }, behind);
  return { rows, seeds, trends, changed };
}

/** SVG and PNG of every plot that the figures allow, by ending. */
async function plotFiles(
  rows: readonly ResultRow[],
  similarities: readonly SimilarityRow[],
  embeddings: readonly MapRow[],
): Promise<Record<string, FileContent>> {
  // Vega takes seconds to load, and only a finished run needs it.
  const report = await import('@clce/results/plots');
  const plots = {
    differences: report.differencePlot(rows),
    'by-batch-size': report.batchSizePlot(rows),
    similarities: report.similarityPlot(similarities),
    'embedding-map': report.embeddingMapPlot(embeddings),
  };
  const files: Record<string, FileContent> = {};
  for (const [name, plot] of Object.entries(plots)) {
    if (plot === null) continue;
    const { svg, png } = await report.renderPlot(plot);
    files[`${name}.svg`] = svg;
    files[`${name}.png`] = [png];
  }
  return files;
}
