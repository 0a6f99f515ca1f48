export { type AccuracyCell, type AccuracyTable, accuracyTable } from './accuracy-table.ts';
export { type Cell, type CellSpec, cellLabel, expand, type PixelsSpec, type TrainingSpec } from './cell.ts';
export { checkProtocol } from './check-protocol.ts';
export { type ClaimResult, checkClaims } from './claims.ts';
export { compareMethods, type MethodComparison } from './comparisons.ts';
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
export { applyOverrides, type Overrides } from './overrides.ts';
export { parsePresetFile } from './preset-file.ts';
export { hashWeights } from './pretrained.ts';
export { ResultsError } from './results-error.ts';
export { type FinishedCell, type ResultRow, resultsCsv, resultsTable } from './results-table.ts';
export { type CellContext, type CellResult, parseCellResult, runCell } from './run-cell.ts';
export { parseSeedCsv, type SeedRow, seedCsv, seedTable } from './seed-table.ts';
export { snapshotsIn } from './snapshot.ts';
export {
  checkPreset,
  defineSuite,
  findPreset,
  type Method,
  type Preset,
  type Suite,
  titleOf,
} from './suite.ts';
export { SuiteError } from './suite-error.ts';
export type { CellProgress } from './training.ts';
export { type TrendRow, trendCsv, trendTable } from './trends.ts';
