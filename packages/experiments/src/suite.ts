/**
 * A suite: which data sets × backbones × losses × batch sizes × seeds are run, with which recipe and protocol.
 *
 * A suite is a plain value that a person reads like a table (benchmarks/*.ts). Each preset is complete in itself:
 * nothing is inherited, so what stands there is what was run.
 */

import { getBackbone } from '@clce/backbones';
import { getDataset } from '@clce/datasets';
import { engineNames } from '@clce/engine';
import { findLoss } from '@clce/losses';
import { unknownName } from '@clce/names';
import { z } from 'zod';
import { fewShotClassifierNamed } from './classifiers/index.ts';
import { SuiteError } from './suite-error.ts';

const positive = z.number().positive();
const count = z.int().positive();
const name = z.string().min(1);

const recipe = z.strictObject({
  optimizer: z.enum(['adamw', 'sgd']),
  learningRate: positive,
  /** Applies to weights, not to norms and biases. */
  weightDecay: z.number().min(0),
  steps: count,
  /** Linear warm-up; half a cosine to zero follows. */
  warmupSteps: z.int().min(0),
  /** Random crop after padding by an eighth of the side. */
  crop: z.boolean(),
  horizontalFlip: z.boolean(),
});

const fewShotProtocol = z.strictObject({
  kind: z.literal('few-shot'),
  /** Classes that the episodes are made of: `validation` to choose a recipe, `novel` to report. */
  classes: z.enum(['novel', 'validation']),
  way: count.min(2),
  shots: z.array(count).min(1),
  /** Queries a class. */
  query: count,
  episodes: count.min(2),
  /** Seed of the episodes; the same for every cell. */
  seed: z.int().min(0),
  classifiers: z.array(name).min(1),
});

const lossChoice = z.strictObject({
  name,
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
});

const presetSchema = z.strictObject({
  datasets: z.array(name).min(1),
  /** Height and width of the images, in pixels. */
  imageSize: count.min(16),
  backbones: z.array(name).min(1),
  /** The first is the one that the others are compared with. */
  losses: z.array(lossChoice).min(1),
  batchSizes: z.array(count.min(2)).min(1),
  seeds: z.array(z.int().min(0)).min(1),
  engine: name,
  recipe,
  protocol: fewShotProtocol,
});

export type Preset = z.infer<typeof presetSchema>;
export type Recipe = Preset['recipe'];
export type FewShotProtocol = Preset['protocol'];
export type LossChoice = Preset['losses'][number];

export interface Suite {
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  readonly defaultPreset: string;
  readonly presets: Readonly<Record<string, Preset>>;
}

/** Declares a suite; the type checker sees every entry. */
export function defineSuite(suite: Suite): Suite {
  return suite;
}

/** The preset of that name. @throws SuiteError naming the choices */
export function findPreset(suite: Suite, preset: string = suite.defaultPreset): Preset {
  const found = suite.presets[preset];
  if (found === undefined) {
    throw new SuiteError(unknownName(`preset of suite ${suite.name}`, preset, Object.keys(suite.presets)));
  }
  return found;
}

/**
 * A preset whose every name and number has been checked, so that a mistake shows before the first cell runs.
 *
 * @throws SuiteError naming the entry; LossError, DatasetError and RangeError naming an unknown name and the choices
 */
export function checkPreset(candidate: unknown): Preset {
  const parsed = presetSchema.safeParse(candidate);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SuiteError(`${issue!.path.join('.') || 'the preset'}: ${issue!.message}`);
  }
  const preset = parsed.data;
  for (const dataset of preset.datasets) getDataset(dataset);
  for (const backbone of preset.backbones) getBackbone(backbone);
  for (const { name: loss, parameters } of preset.losses) checkLoss(loss, parameters);
  for (const classifier of preset.protocol.classifiers) fewShotClassifierNamed(classifier);
  if (!engineNames.includes(preset.engine)) {
    throw new SuiteError(unknownName('engine', preset.engine, engineNames));
  }
  if (preset.recipe.warmupSteps >= preset.recipe.steps) {
    throw new SuiteError(
      `recipe.warmupSteps must be below recipe.steps (${preset.recipe.steps}), got ${preset.recipe.warmupSteps}`,
    );
  }
  return preset;
}

function checkLoss(loss: string, parameters: LossChoice['parameters']): void {
  const definition = findLoss(loss);
  definition.resolve(parameters);
  if (definition.views === 2)
    throw new SuiteError(`loss "${loss}" needs two views of a batch; this suite trains on one`);
}
