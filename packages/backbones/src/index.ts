export { buildConv4 } from './architectures/conv4.ts';
export { buildResNet12 } from './architectures/resnet12.ts';
export { buildVit } from './architectures/vit.ts';
export { type Backbone, branchMask, type ForwardResult, type NormalDraw } from './backbone.ts';
export { exportOnnx } from './export-onnx.ts';
export { initialiseLinearHead, linearHead } from './layers/linear-head.ts';
export {
  initialiseProjection,
  type ProjectionHead,
  projectionHead,
  projectionHeads,
} from './layers/projection-head.ts';
export { hashOnnxModel, imageLayouts, openOnnxExtractor } from './onnx-extractor.ts';
export { backbones, getBackbone } from './registry.ts';
export { openSafetensors, saveSafetensors } from './weights/formats/safetensors.ts';
export { hashWeightFile } from './weights/hash-file.ts';
export { toTorch } from './weights/layout.ts';
export { matchWeights, readMatched, requireMatch, type WeightMatch } from './weights/match-weights.ts';
export { openWeightFile } from './weights/open-weights.ts';
export { saveWeights } from './weights/save-weights.ts';
export type { WeightFile } from './weights/weight-file.ts';
