export { type Classifier, openClassifier } from './deployment/classifier.ts';
export { type Deployment, readDeployment } from './deployment/deployment.ts';
export type { FewShotClassifierName } from './evaluation/classifiers/classifier.ts';
export { EpisodeRows, getFewShotClassifier } from './evaluation/classifiers/index.ts';
export { type ProbeOptions, probe } from './evaluation/probe.ts';
export { testedRows } from './evaluation/tested-rows.ts';
export {
  addOwnFiles,
  addPlannedFiles,
  checkLossFile,
  type OwnFile,
  type PlannedFile,
} from './own-files/own-files.ts';
export { importSuiteFile } from './own-files/own-module.ts';
export { judge } from './reuse.ts';
export { runCell } from './run-cell.ts';
export {
  type CellSpec,
  expand,
  factsOf,
  labelOf,
  type Setting,
  type TrainingSpec,
} from './suite/cell.ts';
export { checkDataset, withSides } from './suite/check-dataset.ts';
export { checkPreset } from './suite/check-preset.ts';
export { type PresetFile, parsePresetFile, presetText, type SuiteFile } from './suite/file/preset-file.ts';
export { writeYaml } from './suite/file/yaml.ts';
export {
  type ByFile,
  checkWeights,
  inputFiles,
  inputFinder,
  openWeights,
  wantedFiles,
} from './suite/input-files.ts';
export { titleIn, titleOf } from './suite/methods/title.ts';
export { verdictPlanOf } from './suite/methods/verdict-plan.ts';
export { applyOverrides, type Overrides } from './suite/overrides.ts';
export { type DeclaredPreset, type Method, type Preset, recipeOf } from './suite/preset.ts';
export { requireRead } from './suite/read-entries.ts';
export { defineSuite, getPreset, type Suite } from './suite/suite.ts';
export { SuiteError } from './suite/suite-error.ts';
export { chosenMethods, finishedTrials } from './suite/tuning/choice.ts';
export { costOf } from './suite/tuning/cost.ts';
export {
  confirmationPreset,
  isTuned,
  methodsOfTrial,
  type TunedPreset,
  trialPreset,
  trialsOf,
} from './suite/tuning/trials.ts';
export {
  learningRateRanges,
  ownRangesOf,
  parameterRanges,
  sharedRanges,
} from './suite/tuning/usual-ranges.ts';
export { trainingGraph } from './training/export-graph.ts';
export { snapshotsIn } from './training/snapshot.ts';
