/** Results and what is made of them, for programs that read them and need no engine. */
export { type AccuracyCell, type AccuracyTable, accuracyTable } from './accuracy-table.ts';
export { type CellResult, parseCellResult } from './cell-result.ts';
export { type ClaimResult, checkClaims } from './claims.ts';
export { compareMethods, type MethodComparison, SIGNIFICANCE } from './comparisons.ts';
export { csvRecords } from './csv-records.ts';
export {
  embeddingMapCsv,
  embeddingMapTable,
  type MapRow,
  type SimilarityRow,
  similarityCsv,
  similarityTable,
} from './embedding-tables.ts';
export { labelOf } from './label.ts';
export { type Measurement, measurementsOf, measures } from './measurements.ts';
export { NUMERICS_VERSION } from './numerics-version.ts';
export { ResultsError } from './results-error.ts';
export {
  type FinishedCell,
  type ResultRow,
  type RowSetting,
  resultsCsv,
  resultsTable,
  rowSettings,
} from './results-table.ts';
export { roundsOf } from './rounds.ts';
export { parseSeedCsv, type SeedRow, seedCsv, seedTable } from './seed-table.ts';
export { type TrendRow, trendCsv, trendTable } from './trends.ts';
