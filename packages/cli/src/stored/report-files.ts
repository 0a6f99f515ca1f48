/** Writes the files of a finished run: its tables and their plots, side by side. */

import { writeFile } from '@clce/files';
import {
  embeddingMapCsv,
  embeddingMapTable,
  type FinishedCell,
  type ResultRow,
  resultsCsv,
  resultsTable,
  type SeedRow,
  seedCsv,
  seedTable,
  similarityCsv,
  similarityTable,
  type TrendRow,
  trendCsv,
  trendTable,
} from '@clce/results';

export interface Report {
  readonly rows: readonly ResultRow[];
  readonly seeds: readonly SeedRow[];
  readonly trends: readonly TrendRow[];
}

/**
 * @param out path of the main table; all other files lie beside it
 * @param reference the method with which the other methods are compared
 */
export async function writeReport(
  out: string,
  cells: readonly FinishedCell[],
  reference: string,
): Promise<Report> {
  const rows = resultsTable(cells, reference);
  const seeds = seedTable(cells);
  const trends = trendTable(cells, reference);
  const similarities = similarityTable(cells);
  const embeddings = embeddingMapTable(cells);
  await writeFile(out, resultsCsv(rows));
  await writeFile(beside(out, 'seeds.csv'), seedCsv(seeds));
  await writeFile(beside(out, 'similarities.csv'), similarityCsv(similarities));
  await writeFile(beside(out, 'embedding-map.csv'), embeddingMapCsv(embeddings));
  if (trends.length > 0) await writeFile(beside(out, 'trend.csv'), trendCsv(trends));

  // Vega takes seconds to load, and only a finished run needs it.
  const report = await import('@clce/results/plots');
  const plots = {
    differences: report.differencePlot(rows),
    'by-batch-size': report.batchSizePlot(rows),
    similarities: report.similarityPlot(similarities),
    'embedding-map': report.embeddingMapPlot(embeddings),
  };
  for (const [name, plot] of Object.entries(plots)) {
    if (plot === null) continue;
    const { svg, png } = await report.renderPlot(plot);
    await writeFile(beside(out, `${name}.svg`), svg);
    await writeFile(beside(out, `${name}.png`), [png]);
  }
  return { rows, seeds, trends };
}

/** `results/fewshot.csv` → `results/fewshot.provenance.json`. */
export function beside(table: string, ending: string): string {
  return `${table.replace(/\.csv$/, '')}.${ending}`;
}
