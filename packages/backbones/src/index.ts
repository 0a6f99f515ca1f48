export { type Beit3Options, buildBeit3 } from './architectures/beit3.ts';
export { buildConv4 } from './architectures/conv4.ts';
export { buildResNet, type ResNetOptions } from './architectures/resnet.ts';
export { buildResNet12 } from './architectures/resnet12.ts';
export { buildVit, type VitOptions } from './architectures/vit.ts';
export {
  type Backbone,
  type BundledWeights,
  branchMask,
  type ForwardResult,
  type InitialWeights,
  type NormalDraw,
} from './backbone.ts';
export { type ExportOptions, exportOnnx } from './export-onnx.ts';
export { initialiseLinearHead, linearHead } from './layers/linear-head.ts';
export {
  initialiseProjection,
  type ProjectionHead,
  projectionHead,
  projectionHeads,
} from './layers/projection-head.ts';
export {
  hashOnnxModel,
  type ImageLayout,
  imageLayouts,
  type OnnxExtractor,
  type OnnxExtractorOptions,
  openOnnxExtractor,
} from './onnx-extractor.ts';
export { backbones, getBackbone } from './registry.ts';
export { openSafetensors, saveSafetensors } from './weights/formats/safetensors.ts';
export { hashWeightFile } from './weights/hash-file.ts';
export { toTorch } from './weights/layout.ts';
export { matchWeights, readMatched, requireMatch, type WeightMatch } from './weights/match-weights.ts';
export { openWeightFile } from './weights/open-weights.ts';
export { saveWeights } from './weights/save-weights.ts';
export {
  type StoredTensor,
  type WeightFile,
  WeightFileError,
  type WeightFileFault,
} from './weights/weight-file.ts';
