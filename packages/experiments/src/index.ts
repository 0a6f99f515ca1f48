export type { FewShotClassifierName } from './evaluation/classifiers/classifier.ts';
export { EpisodeRows, fewShotClassifierNamed } from './evaluation/classifiers/index.ts';
export { type ProbeOptions, type ProbeRow, probe } from './evaluation/probe.ts';
export {
  addOwnFiles,
  addPlannedFiles,
  checkLossFile,
  type OwnFile,
  type PlannedFile,
} from './own-files/own-files.ts';
export { type Code, judge, type Verdict } from './reuse.ts';
export { runCell } from './run-cell.ts';
export {
  type CellSpec,
  expand,
  type PixelsSpec,
  type TrainingSpec,
} from './suite/cell.ts';
export { checkDataset } from './suite/check-dataset.ts';
export { factsOf } from './suite/facts-of.ts';

export { titleOf } from './suite/methods/title.ts';
export { applyOverrides, type Overrides } from './suite/overrides.ts';
export { parsePresetFile } from './suite/preset-file.ts';
export { checkWeights, openWeights, type WeightSource, weightSources } from './suite/pretrained.ts';
export { requireRead } from './suite/read-settings.ts';
export {
  checkPreset,
  defineSuite,
  findPreset,
  type Method,
  type Preset,
  type Suite,
} from './suite/suite.ts';
export { SuiteError } from './suite/suite-error.ts';
export { type TrainingGraph, trainingGraph } from './training/export-graph.ts';
export { snapshotsIn } from './training/snapshot.ts';
export type { CellProgress } from './training/training.ts';
