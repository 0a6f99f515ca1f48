export type { Backbone, ForwardResult, InitialWeights, NormalDraw } from './backbone.ts';
export { initialiseLinearHead, linearHead } from './linear-head.ts';
export { backbones, getBackbone } from './registry.ts';
export { buildVit, type VitOptions } from './vit.ts';
