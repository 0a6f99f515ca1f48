/** Shared parts of the suites: the compared losses, and two recipes to which suites add budgets and batch sizes. */

/** The note on the table of a default preset. */
export const demonstration = 'A demonstration in minutes; fuller tables and findings: results/README.md';

/**
 * The losses of every comparison (docs/protocol.md). The first loss is the reference. CE + HCL has as many samples a step as the
 * others, so twice as many images.
 */
export const losses = [
  { name: 'ce' },
  { name: 'ce+supcon' },
  { name: 'clce' },
  { name: 'supcon' },
  { name: 'ce+hcl', title: 'CE + HCL', recipe: { batchOf: 'samples' as const } },
];

/** CE, CE + SupCon and CLCE: does CLCE beat CE, and do its hard negatives contribute? */
export const shortLosses = losses.slice(0, 3);

/** Recipe for a small network with random initial weights. Its learning rate was chosen on validation classes (docs/learning-rates.md). */
export const fromScratch = {
  optimizer: 'adamw' as const,
  learningRate: 1e-2,
  learningRateRule: 'none' as const,
  baseBatchSize: 64,
  weightDecay: 0.05,
  warmup: 0.05,
  crop: true,
};

/** Recipe for fine-tuning BEiT-3 base, as far as the paper's recipe is known (docs/protocol.md). */
export const fineTuned = {
  optimizer: 'adamw' as const,
  learningRate: 7e-4,
  learningRateRule: 'none' as const,
  baseBatchSize: 1024,
  weightDecay: 0.05,
  layerDecay: 0.65,
  normalisation: 'inception' as const,
  crop: true,
  dropPath: 0.15,
  mixup: 0.8,
  cutmix: 1,
  microBatch: 128,
};
