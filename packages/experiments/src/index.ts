export { type Cell, type CellSpec, cellLabel, expand, type PixelsSpec, type TrainingSpec } from './cell.ts';
export { checkProtocol } from './check-protocol.ts';
export { applyOverrides, type Overrides } from './overrides.ts';
export { hashWeights } from './pretrained.ts';
export { type FinishedCell, type ResultRow, resultsCsv, resultsTable } from './results-table.ts';
export { type CellContext, type CellResult, parseCellResult, runCell } from './run-cell.ts';
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
