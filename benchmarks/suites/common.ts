/** What the suites share: the rows of a comparison, and the two recipes that budgets and batch sizes are added to. */

/** What the table of a default preset says of itself. */
export const demonstration = 'A demonstration in minutes; fuller tables and findings: results/README.md';

/** The rows that every comparison has (docs/protocol.md); the first is what the others are compared with. */
export const losses = [
  { name: 'ce' },
  { name: 'ce+supcon' },
  { name: 'clce' },
  { name: 'supcon' },
  { name: 'ce+hcl' },
];

/** The question, and whether the hard negatives have a part in the answer: CE, CE + SupCon, CLCE. */
export const shortLosses = losses.slice(0, 3);

/** A small network from random weights; its learning rate was chosen on validation classes (docs/protocol.md). */
export const fromScratch = {
  optimizer: 'adamw' as const,
  learningRate: 1e-2,
  learningRateRule: 'none' as const,
  baseBatchSize: 64,
  weightDecay: 0.05,
  warmup: 0.05,
  crop: true,
  horizontalFlip: true,
};

/** BEiT-3 base fine-tuned, as far as the paper's recipe is known (docs/protocol.md). */
export const fineTuned = {
  optimizer: 'adamw' as const,
  learningRate: 7e-4,
  learningRateRule: 'none' as const,
  baseBatchSize: 1024,
  weightDecay: 0.05,
  layerDecay: 0.65,
  normalisation: 'inception' as const,
  crop: true,
  horizontalFlip: true,
  dropPath: 0.15,
  mixup: 0.8,
  cutmix: 1,
  microBatch: 128,
};
