export type { FewShotClassifierName } from './evaluation/classifiers/classifier.ts';
export { EpisodeRows, getFewShotClassifier } from './evaluation/classifiers/index.ts';
export { type ProbeOptions, probe } from './evaluation/probe.ts';
export {
  addOwnFiles,
  addPlannedFiles,
  checkLossFile,
  type OwnFile,
  type PlannedFile,
} from './own-files/own-files.ts';
export { judge } from './reuse.ts';
export { runCell } from './run-cell.ts';
export { type CellSpec, expand, type TrainingSpec } from './suite/cell.ts';
export { checkDataset } from './suite/check-dataset.ts';
export { factsOf } from './suite/facts-of.ts';

export { applyOverrides, type Overrides } from './suite/overrides.ts';
export { parsePresetFile } from './suite/preset-file.ts';
export { checkWeights, openWeights, weightSources } from './suite/pretrained.ts';
export { requireRead } from './suite/read-entries.ts';
export {
  checkPreset,
  defineSuite,
  getPreset,
  type Method,
  type Preset,
  type Suite,
  titleOf,
} from './suite/suite.ts';
export { SuiteError } from './suite/suite-error.ts';
export { trainingGraph } from './training/export-graph.ts';
export { snapshotsIn } from './training/snapshot.ts';
