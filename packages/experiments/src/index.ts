export { type Cell, type CellSpec, cellLabel, expand, type PixelsSpec, type TrainingSpec } from './cell.ts';
export { checkDataset } from './check-dataset.ts';
export type { FewShotClassifierName } from './classifiers/classifier.ts';
export { EpisodeRows, fewShotClassifierNamed } from './classifiers/index.ts';
export { type TrainingGraph, trainingGraph } from './export-graph.ts';
export { factsOf } from './facts-of.ts';
export { normalisations } from './normalisation.ts';
export { applyOverrides, type Overrides } from './overrides.ts';
export { parsePresetFile } from './preset-file.ts';
export { checkWeights, openWeights, type WeightSource, weightSources } from './pretrained.ts';
export { type ProbeOptions, type ProbeRow, probe } from './probe.ts';
export { type Code, judge, type Verdict } from './reuse.ts';
export { type CellContext, runCell } from './run-cell.ts';
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
