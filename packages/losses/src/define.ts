/**
 * The entry point for files that define a loss: `import { defineLoss } from '@clce/losses/define'`. The main export imports this
 * project's losses. A separate entry point lets them use these functions too.
 */
export { blend, type LabelledBatch, type LossParts } from './blend.ts';
export { detach } from './detach.ts';
export { defineLoss, type PlainBatch } from './loss-definition.ts';
export { numberParameter, type Parameter } from './parameter.ts';
export { detachWeights, form, hardness, labelSmoothing, lambda, tauPlus, temperature } from './parameters.ts';
export { referenceCrossEntropy } from './reference/cross-entropy.ts';
export { dot } from './reference/matrix.ts';
export { normalizeRows } from './reference/normalize.ts';
export { crossEntropyOf } from './terms/cross-entropy.ts';
export { l2Normalize } from './terms/normalize.ts';
