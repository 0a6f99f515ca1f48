export type { LabelledBatch } from './blend.ts';
export { checkLoss, type LossCheck } from './check-loss.ts';
export { evaluateInGroups } from './groups.ts';
export type { LossDefinition, LossParameters } from './loss-definition.ts';
export { clce } from './losses/clce.ts';
export { addLoss, getLoss, lossNames } from './registry.ts';
export { crossEntropy } from './terms/cross-entropy.ts';
