/**
 * A preset: data sets × backbones × losses × batch sizes × seeds, with their recipe and protocol. Each preset is complete: no
 * defaults complement it.
 */
import { getBackbone, imageLayouts, projectionHeads } from '@clce/backbones';
import { getLoss } from '@clce/losses';
import { transferClassifiers } from '@clce/results';
import { isDrawable, visible } from '@clce/text';
import { z } from 'zod';
import { fixedNormalisations, normalisations } from './normalisation-names.ts';

const positive = z.number().positive();
const count = z.int().positive();
/** Tables, plots and terminals show names. */
const name = z
  .string()
  .min(1)
  .refine(isDrawable, { error: ({ input }) => undrawable(String(input)) });
const file = z.string().min(1);

/** An error message. */
export function undrawable(text: string): string {
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

/**
 * Length of training: a number of steps, of shown samples, or of passes over the training samples. In a batch of images the two
 * views of a sample count as two, so that every method has as many steps.
 */
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
  /** At a batch of `baseBatchSize`. */
  learningRate: positive,
  /** Whether a batch b times as large has the same learning rate, or one b or √b times as high. */
  learningRateRule: z.enum(['none', 'linear', 'square-root']),
  baseBatchSize: count,
  /** Applies to weights, not to norms and biases. */
  weightDecay: z.number().min(0),
  budget,
  /** Share of the steps in which the learning rate rises linearly. Then it falls to zero along half a cosine. */
  warmup: z.number().min(0).lt(1),
  /**
   * Mean and standard deviation that pixels are normalised by: those of ImageNet, or one half, as pretrained weights expect.
   * Absent: the statistics of the training samples.
   */
  normalisation: z.enum(fixedNormalisations).optional(),
  /** Random crop after padding by an eighth of the side. */
  crop: z.boolean(),
  /** Absent: on, unless the data set says that a mirrored picture does not show its class. */
  horizontalFlip: z.boolean().optional(),
  /** Random crop of this smallest to largest share of the area, resized to the full size. It replaces `crop`. Absent: off. */
  resizedCrop: z.tuple([positive.max(1), positive.max(1)]).optional(),
  /** Largest changes of colour: factors of 1 ± value; for hue, a share of the colour circle. Absent: off. */
  colourJitter: z
    .strictObject({
      brightness: positive.optional(),
      contrast: positive.optional(),
      saturation: positive.optional(),
      hue: positive.max(0.5).optional(),
    })
    .optional(),
  /** RandAugment: operations for each image, and their strength from 0 to 30. Absent: off. */
  randAugment: z.strictObject({ operations: count, magnitude: z.int().min(0).max(30) }).optional(),
  /** Probability that the mean colour replaces a rectangle of an image. Absent: off. */
  erasing: positive.max(1).optional(),
  /**
   * α of mixup and of cutmix. With both, each batch uses one of them. Cross-entropy weighs both labels of a mixed image by
   * their shares. The contrastive term uses the label with the larger share. Absent: off.
   */
  mixup: positive.max(1).optional(),
  cutmix: positive.max(1).optional(),
  /** ε of label smoothing, for each method that has a cross-entropy. It becomes the loss's parameter. Absent: 0. */
  labelSmoothing: z.number().min(0).lt(1).optional(),
  /** Stochastic depth: probability that an image skips a branch of the last block. It falls linearly to 0 in the first block. */
  dropPath: positive.lt(1).optional(),
  /**
   * Number of images that pass the backbone at once. The loss and its gradients stay those of the whole batch (gradient
   * caching). Batch norm sees the micro-batch. Absent: the whole batch.
   */
  microBatch: count.optional(),
  /**
   * Cuts a batch, in its shuffled order, into groups of as many images or samples, counted as the batch is. The contrastive term
   * compares a sample with its own group alone, and is the mean over the groups. Absent: the whole batch is one group.
   */
  contrastiveGroup: count.min(2).optional(),
  /** Head between the features and the contrastive term. Absent: the head that the loss is published with, or none. */
  projection: z.enum(projectionHeads).optional(),
  /** Size of a batch's groups of samples of one class (m-per-class). Absent: plain shuffling. */
  samplesPerClass: count.min(2).optional(),
  /**
   * What a batch counts for a loss of two views: images, so that it has half as many samples as other losses, or samples, so that
   * it has twice as many images. Absent: images.
   */
  batchOf: z.enum(['images', 'samples']).optional(),
  /** Ratio of a layer's learning rate to the next layer's (Bao et al. 2021, BEiT). Absent: 1. */
  layerDecay: positive.max(1).optional(),
});

/** Whether a result holds the predicted class of each tested sample. Absent: only the counts of each class. */
const predictions = z.literal(true).optional();

/** What a training of few-shot cells is read out by, too: the trained classes in samples that training has not seen. */
const seenClasses = z.strictObject({
  classifiers: setOf(z.enum(transferClassifiers)),
  /** Largest number of training samples for k-NN and the linear probe. */
  referenceSamples: count,
  predictions,
});

/** The folds that are run, from 0 on. Absent: all. */
const use = setOf(z.int().min(0)).optional();
/** What is held out: classes alone, or samples of the trained classes alone. Absent: both. */
const holds = z.enum(['classes', 'samples']).optional();
/**
 * The side of a split with a reserve. Choices are made on `development`, findings on the reserve's folds alone
 * (docs/reserve.md).
 */
const split = z.discriminatedUnion('side', [
  z.strictObject({
    side: z.literal('development'),
    /** Number of folds. Absent: the official validation classes. */
    folds: count.min(2).optional(),
    use,
    holds,
  }),
  z.strictObject({ side: z.literal('confirmation'), folds: count.min(2), use, holds }),
]);

const verdicts = z.strictObject({
  /** Margin of equivalence, in points of accuracy. Absent: one point. */
  margin: positive.optional(),
  /** Pairs of titles: the first minus the second. Absent: every method beside the first. */
  comparisons: setOf(z.tuple([name, name])).optional(),
  /** Such as `5-shot logistic-regression` or `head`. Absent: every score of the protocol. */
  scores: setOf(name).optional(),
  /**
   * Number of comparisons of the whole question, where other tables hold the rest of them. Comparisons of other tables count with
   * p = 1. Absent: those of this table.
   */
  family: count.optional(),
});

const fewShotProtocol = z.strictObject({
  kind: z.literal('few-shot'),
  /** Classes of the episodes: `validation` to choose a recipe, `novel` to report. */
  classes: z.enum(['novel', 'validation']),
  way: count.min(2),
  shots: setOf(count),
  /** Queries of each class. */
  query: count,
  episodes: count.min(2),
  /** Seed of the episodes. All cells share it. */
  seed: z.int().min(0),
  /** A file of episodes (`clce data episodes`) that replaces drawn episodes. A cell identifies it by its SHA-256. */
  episodeFile: file.optional(),
  classifiers: setOf(name),
  /**
   * Classifies unseen samples of the trained classes with the same weights: samples of the validation or of the test side, like
   * `classes`. Needs classes that are split by sample, too, as with a reserve. Absent: not measured.
   */
  seenClasses: seenClasses.optional(),
});

const transferProtocol = z.strictObject({
  kind: z.literal('transfer'),
  /** The samples that scores are measured on: `validation` to choose a recipe, `test` to report. */
  partition: z.enum(['test', 'validation']),
  /** Share of each class's training samples that is set aside for validation, if the data set has no validation samples. */
  validationShare: z.number().gt(0).lt(1),
  /**
   * Number of evenly spaced comparisons of the weights on the validation samples. The best weights are tested. With 0, the last
   * weights are tested, and no samples are set aside.
   */
  checkpoints: z.int().min(0),
  classifiers: setOf(z.enum(transferClassifiers)),
  /** Largest number of training samples for k-NN and the linear probe. */
  referenceSamples: count,
  predictions,
  /** Seed of the choice of validation and reference samples. All cells share it. */
  seed: z.int().min(0),
});

const method = z.strictObject({
  name,
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
  /** Name of the method in tables; the loss's title by default. Two methods of a preset never share one. */
  title: name.optional(),
  /** Entries of the recipe that differ for this method. */
  recipe: recipe.partial().optional(),
});

const frozenModel = z.strictObject({
  file,
  input: name.optional(),
  output: name.optional(),
  layout: z.enum(imageLayouts).optional(),
  /** ImageNet's by default. */
  normalisation: z.enum(normalisations).optional(),
});

const tunedValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);

/** Values of a tuned entry: a range on a scale, or a list. In a list, null leaves the preset's own value. */
const tunedRange = z.discriminatedUnion('scale', [
  z.strictObject({
    /** `logit` is the logarithm of λ / (1 − λ). */
    scale: z.enum(['log', 'linear', 'logit']),
    from: z.number(),
    to: z.number(),
    /**
     * The ends beyond which there are further values to try. A choice at another end is at no edge, such as a label smoothing of
     * almost 0. Absent: both.
     */
    open: z.array(z.enum(['lower', 'upper'])).optional(),
  }),
  z.strictObject({ scale: z.literal('choice'), values: setOf(tunedValue) }),
]);

/** Tuned entries, such as `recipe.learningRate` or `loss.temperature`, with their values. */
const space = z.record(name, tunedRange);

const tuning = z.strictObject({
  /** Number of each method's trials: a power of two, so that they fill the ranges evenly. */
  trials: z
    .int()
    .min(2)
    .max(64)
    .refine((trials) => Number.isInteger(Math.log2(trials)), 'expected a power of two from 2 to 64'),
  /** Seed of the trials' values. */
  seed: z.int().min(0),
  /** Seed that the trials train with. Absent: the first of the preset's seeds. */
  trainingSeed: z.int().min(0).optional(),
  /** Entries that all methods share. Trial i has the same values of them for every method. */
  space,
  /** Entries of single methods, by their titles or losses. */
  own: z.record(name, space).optional(),
  /**
   * Scores whose mean decides, such as `5-shot logistic-regression`. `head|linear-probe` is the head, or the linear probe for a
   * method without a head.
   */
  criterion: setOf(name),
  /** A choice in this outer share of a range, at an open end, is told. */
  edge: z.number().gt(0).lt(0.5),
});

export const presetSchema = z.strictObject({
  /** A remark for readers of the table. No cell depends on it. */
  note: name.optional(),
  datasets: setOf(name),
  /** Height and width of the images, in pixels. */
  imageSize: count.min(16),
  backbones: setOf(name),
  /** Files of pretrained weights, by backbone. The other backbones start from weights that they bring, or from random weights. */
  weights: z.record(name, file).optional(),
  /** ONNX models that are evaluated without training, by their names in tables. */
  frozen: z.record(name, frozenModel).optional(),
  /** The other methods are compared with the first. */
  losses: setOf(method),
  batchSizes: setOf(count.min(2)),
  seeds: setOf(z.int().min(0)),
  engine: name,
  /** What is judged over folds, fixed before the results. */
  verdicts: verdicts.optional(),
  /** Absent: the official split of each data set. */
  split: split.optional(),
  recipe,
  /** Entries of the recipe that differ for a backbone. The contrastive group is part of a title, which all backbones share. */
  recipes: z.record(name, recipe.omit({ contrastiveGroup: true }).partial()).optional(),
  protocol: z.discriminatedUnion('kind', [fewShotProtocol, transferProtocol]),
  /** Trials on validation data choose each method's recipe before it is reported. Absent: the methods run as they are. */
  tuning: tuning.optional(),
});

export type Tuning = z.infer<typeof tuning>;
export type TunedRange = z.infer<typeof tunedRange>;
export type TunedValue = z.infer<typeof tunedValue>;

/** An ONNX model, with the facts that its file does not hold. */
export type FrozenModel = z.infer<typeof frozenModel>;
export type Preset = z.infer<typeof presetSchema>;
/** The recipe of a cell. It leaves nothing to the data set. */
export type Recipe = Preset['recipe'] & { readonly horizontalFlip: boolean };
export type FewShotProtocol = z.infer<typeof fewShotProtocol>;
export type TransferProtocol = z.infer<typeof transferProtocol>;
/** A loss with its parameters, title and recipe: one row of a table. */
export type Method = Preset['losses'][number];

/** A preset as it is written: a loss with nothing else to say is its name. */
export type DeclaredPreset = Omit<Preset, 'losses'> & { readonly losses: readonly (string | Method)[] };

/** The entries of a preset, each loss that is a name made a method. */
export function withMethods<Entries extends object>(entries: Entries): Entries {
  if (!('losses' in entries) || !Array.isArray(entries.losses)) return entries;
  const losses = entries.losses.map((one: unknown) => (typeof one === 'string' ? { name: one } : one));
  return { ...entries, losses };
}

/**
 * The preset's recipe, changed by the entries of the backbone and then of the method. `batchOf` stays for a loss of two views in
 * batches of images alone: it changes nothing elsewhere, and a cell has one key.
 */
export function recipeOf(preset: Preset, backbone: string, method?: Method): Preset['recipe'] {
  const { bundled } = getBackbone(backbone);
  const expected =
    bundled === undefined || preset.weights?.[backbone] !== undefined
      ? {}
      : { normalisation: bundled.normalisation };
  const loss = method && getLoss(method.name);
  const { batchOf = 'images', ...merged } = {
    ...expected,
    ...(loss?.projection && { projection: loss.projection }),
    ...preset.recipe,
    ...preset.recipes?.[backbone],
    ...method?.recipe,
  };
  return { ...merged, ...(loss?.views === 2 && batchOf === 'images' && { batchOf }) } as Preset['recipe'];
}
