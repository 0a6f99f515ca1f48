/**
 * A suite: which data sets × backbones × losses × batch sizes × seeds are run, with which recipe and protocol.
 *
 * A suite is a plain value that a person reads like a table (benchmarks/*.ts). Each preset is complete: there are no
 * defaults behind it, so what stands there is what was run.
 */

import { type Backbone, getBackbone, imageLayouts, projectionHeads } from '@clce/backbones';
import { getDataset } from '@clce/datasets';
import { AUTO_ENGINE, engineNames } from '@clce/engine';
import { findLoss } from '@clce/losses';
import { unknownName } from '@clce/registry';
import { transferClassifiers } from '@clce/results';
import { isDrawable, visible } from '@clce/text';
import { z } from 'zod';
import { fewShotClassifierNamed } from '../evaluation/classifiers/index.ts';
import { fixedNormalisations, normalisations } from './normalisation-names.ts';
import { entriesAt } from './preset-entries.ts';
import { SuiteError } from './suite-error.ts';

const positive = z.number().positive();
const count = z.int().positive();
/** Tables, plots and terminals show names. */
const name = z
  .string()
  .min(1)
  .refine(isDrawable, { error: ({ input }) => undrawable(String(input)) });
const file = z.string().min(1);

function undrawable(text: string): string {
  return `${visible(JSON.stringify(text))} has a character that no plot can draw; expected one line without control characters`;
}

/** A list in which an entry that stands twice would be run twice and counted as two. Every list of a preset is one. */
function setOf<Entry extends z.ZodType>(entry: Entry) {
  return z
    .array(entry)
    .min(1)
    .superRefine((entries, { addIssue }) => {
      const spelled = entries.map(spellingOf);
      const twice = spelled.find((one, at) => spelled.indexOf(one) < at);
      if (twice !== undefined) addIssue({ code: 'custom', message: `${twice} is listed twice` });
    });
}

/** Two losses that differ in their titles alone are one. */
function spellingOf(entry: unknown): string {
  if (typeof entry !== 'object' || entry === null) return String(entry);
  const { title: _, ...said } = entry as { readonly title?: string };
  return Object.keys(said).length === 1 && 'name' in said ? String(said.name) : JSON.stringify(said);
}

/** How long training lasts: a number of steps, of samples shown, or of passes over the training samples. */
const budget = z.union(
  [
    z.strictObject({ steps: count }),
    z.strictObject({ samples: count }),
    z.strictObject({ epochs: positive }),
  ],
  { error: 'expected { steps }, { samples } or { epochs }' },
);

export const budgetUnits = ['steps', 'samples', 'epochs'] as const;

const recipe = z.strictObject({
  optimizer: z.enum(['adamw', 'sgd']),
  /** At a batch of `baseBatchSize` samples. */
  learningRate: positive,
  /** With a batch b times as large, the learning rate is the same, b times or √b times as high. */
  learningRateRule: z.enum(['none', 'linear', 'square-root']),
  baseBatchSize: count,
  /** Applies to weights, not to norms and biases. */
  weightDecay: z.number().min(0),
  budget,
  /** Share of the steps in which the learning rate rises linearly; half a cosine to zero follows. */
  warmup: z.number().min(0).lt(1),
  /**
   * What is subtracted from the pixels and what they are divided by: statistics of the training samples, where absent;
   * those of ImageNet, or one half, where pretrained weights expect that.
   */
  normalisation: z.enum(fixedNormalisations).optional(),
  /** Random crop after padding by an eighth of the side. */
  crop: z.boolean(),
  horizontalFlip: z.boolean(),
  /** Least and greatest share of the area of a window that is brought to the full size; in place of `crop`. Absent: off. */
  resizedCrop: z.tuple([positive.max(1), positive.max(1)]).optional(),
  /** Greatest changes of colour: factors of 1 ± value, hue in parts of the circle. Absent: off. */
  colourJitter: z
    .strictObject({
      brightness: positive.optional(),
      contrast: positive.optional(),
      saturation: positive.optional(),
      hue: positive.max(0.5).optional(),
    })
    .optional(),
  /** RandAugment: operations an image, and their strength in 0 … 30. Absent: off. */
  randAugment: z.strictObject({ operations: count, magnitude: z.int().min(0).max(30) }).optional(),
  /** Chance that a rectangle of an image is replaced by the mean colour. Absent: off. */
  erasing: positive.max(1).optional(),
  /**
   * α of mixup and of cutmix; with both, each batch takes one or the other. Cross-entropy weighs both labels of a mixed
   * image by their shares; the contrastive term knows it by the label of its larger part. Absent: off.
   */
  mixup: positive.max(1).optional(),
  cutmix: positive.max(1).optional(),
  /** Stochastic depth: chance that an image skips a residual branch of the last block, falling evenly to 0 in the first. */
  dropPath: positive.lt(1).optional(),
  /**
   * Images that go through the backbone at once, where a batch has more: the loss and its gradients stay those of the
   * whole batch (gradient caching); batch norm sees the micro-batch. Absent: all at once.
   */
  microBatch: count.optional(),
  /** Head between the features and the contrastive term. Absent: it sees the features themselves. */
  projection: z.enum(projectionHeads).optional(),
  /** Samples of a class that come together in a batch (m-per-class). Absent: plain shuffling. */
  samplesPerClass: count.min(2).optional(),
  /** Learning rate of a layer as a share of that of the layer after it (Bao et al. 2021, BEiT). Absent: 1. */
  layerDecay: positive.max(1).optional(),
});

const fewShotProtocol = z.strictObject({
  kind: z.literal('few-shot'),
  /** Classes that the episodes are made of: `validation` to choose a recipe, `novel` to report. */
  classes: z.enum(['novel', 'validation']),
  way: count.min(2),
  shots: setOf(count),
  /** Queries a class. */
  query: count,
  episodes: count.min(2),
  /** Seed of the episodes; the same for every cell. */
  seed: z.int().min(0),
  /** A file of episodes (`clce data episodes`) in place of drawn ones. A cell knows it by its SHA-256. */
  episodeFile: file.optional(),
  classifiers: setOf(name),
});

const transferProtocol = z.strictObject({
  kind: z.literal('transfer'),
  /** The side that is reported: `test`, once; `validation` to choose a recipe. */
  partition: z.enum(['test', 'validation']),
  /** Share of each class's training samples that is set aside for validation where the set has no side for it. */
  validationShare: z.number().gt(0).lt(1),
  /** How often, evenly spread, the weights are compared on the validation samples; the best are tested. */
  checkpoints: count,
  classifiers: setOf(z.enum(transferClassifiers)),
  /** Training samples, at most, that k-NN and the linear probe are fitted on. */
  referenceSamples: count,
  /** Seed of the samples set aside and of the reference samples; the same for every cell. */
  seed: z.int().min(0),
});

const method = z.strictObject({
  name,
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
  /** As tables show it; the loss's own title unless said otherwise. Two methods of a preset never share one. */
  title: name.optional(),
  /** What this method does differently from the preset's recipe. */
  recipe: recipe.partial().optional(),
});

const frozenModel = z.strictObject({
  file,
  input: name.optional(),
  output: name.optional(),
  layout: z.enum(imageLayouts).optional(),
  /** That of ImageNet unless said. */
  normalisation: z.enum(normalisations).optional(),
});

export const presetSchema = z.strictObject({
  /** What readers of the table are told of the preset. No cell depends on it. */
  note: name.optional(),
  datasets: setOf(name),
  /** Height and width of the images, in pixels. */
  imageSize: count.min(16),
  backbones: setOf(name),
  /** File of pretrained weights of a backbone; those without one start from those they bring, or from random ones. */
  weights: z.record(name, file).optional(),
  /** ONNX models that are evaluated as they are, by the name that tables give them. */
  frozen: z.record(name, frozenModel).optional(),
  /** The first is the one that the others are compared with. */
  losses: setOf(method),
  batchSizes: setOf(count.min(2)),
  seeds: setOf(z.int().min(0)),
  engine: name,
  recipe,
  /** What a backbone does differently from the recipe. */
  recipes: z.record(name, recipe.partial()).optional(),
  protocol: z.discriminatedUnion('kind', [fewShotProtocol, transferProtocol]),
});

/** An ONNX model with what its shapes do not tell. */
export type FrozenModel = z.infer<typeof frozenModel>;
export type Preset = z.infer<typeof presetSchema>;
export type Recipe = Preset['recipe'];
export type FewShotProtocol = z.infer<typeof fewShotProtocol>;
export type TransferProtocol = z.infer<typeof transferProtocol>;
/** A loss with what else sets a row of the table apart from the others. */
export type Method = Preset['losses'][number];

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
  if (!Object.hasOwn(suite.presets, preset)) {
    throw new SuiteError(unknownName(`preset of suite ${suite.name}`, preset, Object.keys(suite.presets)));
  }
  return suite.presets[preset]!;
}

/**
 * A preset whose every name and number has been checked, so that a mistake shows before the first cell runs. Data sets have
 * their own names in it, whatever they were called.
 *
 * @throws SuiteError naming the entry; LossError, DatasetError and RangeError naming an unknown name and the choices
 */
export function checkPreset(candidate: unknown): Preset {
  refusePrototypes(candidate, []);
  const parsed = presetSchema.safeParse(candidate);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue!.path.join('.') || 'the preset';
    if (issue!.code !== 'unrecognized_keys') throw new SuiteError(`${place}: ${issue!.message}`, issue!.path);
    const [key] = issue!.keys as [string];
    const names = entriesAt(presetSchema, issue!.path)?.names ?? [];
    throw new SuiteError(`${place}: ${unknownName('entry', key, names)}`, [...issue!.path, key]);
  }
  const { datasets, engine } = parsed.data;
  const preset = {
    ...parsed.data,
    datasets: datasets.map((one) => getDataset(one).name),
    // A key says what computed, not that somebody left the choice open.
    engine: engine === 'auto' ? AUTO_ENGINE : engine,
  };
  checkDatasets(datasets, preset.datasets);
  for (const backbone of preset.backbones) checkDropPath(preset, getBackbone(backbone));
  for (const backbone of Object.keys(preset.recipes ?? {})) {
    if (preset.backbones.includes(backbone)) continue;
    throw new SuiteError(unknownName('backbone of this run with a recipe', backbone, preset.backbones));
  }
  const without = Object.keys(preset.weights ?? {}).find((backbone) => !preset.backbones.includes(backbone));
  if (without !== undefined) {
    throw new SuiteError(unknownName('backbone of this run with weights', without, preset.backbones));
  }
  for (const { name: loss, parameters } of preset.losses) findLoss(loss).resolve(parameters);
  checkTitles(preset.losses);
  if (preset.protocol.kind === 'few-shot') {
    for (const classifier of preset.protocol.classifiers) fewShotClassifierNamed(classifier);
  }
  if (!engineNames.includes(preset.engine)) {
    throw new SuiteError(unknownName('engine', preset.engine, engineNames));
  }
  return preset;
}

/** The schema leaves an entry of this name out without a word. */
function refusePrototypes(value: unknown, path: readonly PropertyKey[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    if (key === '__proto__') {
      throw new SuiteError(`${path.join('.') || 'the preset'}: no entry can be called "__proto__"`, path);
    }
    refusePrototypes(entry, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** The preset's recipe with what the backbone does differently and, of a method, what that does. */
export function recipeOf(preset: Preset, backbone: string, method?: Method): Recipe {
  const { bundled } = getBackbone(backbone);
  const expected =
    bundled === undefined || preset.weights?.[backbone] !== undefined
      ? {}
      : { normalisation: bundled.normalisation };
  return { ...expected, ...preset.recipe, ...preset.recipes?.[backbone], ...method?.recipe } as Recipe;
}

/** What a table calls a method. */
export function titleOf({ name: loss, title }: Method): string {
  return title ?? findLoss(loss).title;
}

/** Two names of one data set. */
function checkDatasets(named: readonly string[], datasets: readonly string[]): void {
  const at = datasets.findIndex((name, place) => datasets.indexOf(name) < place);
  if (at < 0) return;
  const [first, second] = [named[datasets.indexOf(datasets[at]!)]!, named[at]!];
  throw new SuiteError(`datasets: ${datasets[at]} is listed twice, as ${first} and ${second}`, ['datasets']);
}

function checkDropPath(preset: Preset, { name: backbone, residualBranches }: Backbone): void {
  const drops = preset.losses.some((method) => recipeOf(preset, backbone, method).dropPath !== undefined);
  if (drops && residualBranches === undefined) {
    throw new SuiteError(`recipe.dropPath: ${backbone} has no residual branches that could be dropped`, [
      'recipe',
      'dropPath',
    ]);
  }
}

function checkTitles(methods: readonly Method[]): void {
  const titles = methods.map(titleOf);
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice !== undefined) {
    throw new SuiteError(`two losses are called "${twice}": give one of them a title of its own`);
  }
  // A loss of the user's brings a title that no preset has shown.
  const hidden = titles.find((title) => !isDrawable(title));
  if (hidden !== undefined) throw new SuiteError(`losses: the title ${undrawable(hidden)}`, ['losses']);
}
