/**
 * What a file with a loss imports: `import { defineLoss } from '@clce/losses/define'`. It is apart from the main export, which
 * lists the losses of this project, so that such a file can also be one of them.
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
