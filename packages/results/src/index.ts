/** Results and their tables. This package loads no engine, no model and no data set. */
export { scoresOf } from './cell/asked-scores.ts';
export type { CellFacts, WithFacts } from './cell/cell-facts.ts';
export {
  type CellResult,
  type CurvePoint,
  type Divergence,
  parseCellResult,
  type TrainingRecord,
} from './cell/cell-result.ts';
export { type EmbeddingQuality, embeddingQualitySchema, SIMILARITY_BINS } from './cell/embedding-quality.ts';
export { type EvaluatedOn, isOnValidation } from './cell/evaluated-on.ts';
export {
  type FinishedCell,
  mapOfFirstSeed,
  parseReportedResult,
  type ReportedResult,
  type ReportedScore,
  reportedAsJson,
  reportedFromJson,
  reportedResult,
  type ShownMaps,
} from './cell/reported-result.ts';
export {
  type Checkpoint,
  type FewShotScore,
  type Score,
  scoreName,
  type TransferClassifier,
  type TransferScore,
  transferClassifiers,
} from './cell/scores.ts';
export { type ClaimResult, checkClaims } from './claims/claims.ts';
export { comparePairs, SIGNIFICANCE, variantPairs } from './comparisons.ts';
export { measurementsOf } from './measurements.ts';
export { NUMERICS_VERSION } from './numerics-version.ts';
export { roundsOf } from './rounds.ts';
export { GROUP_IN_TITLES, rowTitle, titleWithoutSteps } from './row-title.ts';
export { type Accuracy, type AccuracyTable, accuracyTable } from './tables/accuracy-table.ts';
export { csvRecords } from './tables/csv-records.ts';
export {
  embeddingMapCsv,
  embeddingMapTable,
  type MapRow,
  type SimilarityRow,
  similarityCsv,
  similarityTable,
} from './tables/embedding-tables.ts';
export { parameterColumns } from './tables/loss-columns.ts';
export {
  type ResultRow,
  type RowSetting,
  resultsCsv,
  resultsTable,
  rowSettings,
} from './tables/results-table.ts';
export {
  parseSeedCsv,
  type SeedRow,
  seedCsv,
  seedCsvBytes,
  seedRows,
  seedTable,
} from './tables/seed-table.ts';
export { type SpreadRow, spreadCsv, spreadTable } from './tables/spread-table.ts';
export { type TrendRow, trendCsv, trendTable } from './tables/trends.ts';
export { type VerdictPlan, type VerdictRow, verdictCsv, verdictTable } from './tables/verdict-table.ts';
export { parseTrialCsv, trialCsv } from './tuning/trial-csv.ts';
export { type FinishedTrial, type TrialRow, trialTable } from './tuning/trial-table.ts';
