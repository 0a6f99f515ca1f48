export { type CellSpec, cellLabel, expand, type PixelsSpec, type TrainingSpec } from './cell.ts';
export { checkEpisodes } from './few-shot.ts';
export { type FewShotRow, type FinishedCell, fewShotCsv, fewShotTable } from './few-shot-table.ts';
export { applyOverrides, type Overrides } from './overrides.ts';
export { type CellContext, type CellResult, parseCellResult, runCell } from './run-cell.ts';
export { checkPreset, defineSuite, findPreset, type Preset, type Suite } from './suite.ts';
export { SuiteError } from './suite-error.ts';
export type { CellProgress } from './training.ts';
