export { optimizerInputs } from './apply-gradients.ts';
export { type Diagnosis, diagnose } from './doctor.ts';
export { EngineError, TraceError } from './errors.ts';
export { compileGradientCache, gradientCacheState } from './gradient-cache.ts';
export {
  float32,
  type HostTensor,
  type HostTensors,
  int32,
  permuted,
  type Shape,
  sameShape,
  specsOf,
  strided,
} from './host-tensor.ts';
export { compileForward, type ExportedForward, exportForward } from './inference.ts';
export { drawMasks, type MaskSpec, masked } from './masks.ts';
export { batchNormEvaluation, batchNormTraining, updatedStatistics } from './ops/batch-norm.ts';
export { gelu } from './ops/gelu.ts';
export { layerNorm } from './ops/layer-norm.ts';
export { elementsAt, logSoftmax, withElementsAt, withRowsFrom } from './ops/row-elements.ts';
export { adamW } from './optim/adamw.ts';
export { type Layering, layerDecay } from './optim/layers.ts';
export type { Optimizer } from './optim/optimizer.ts';
export { constantRate, warmupCosine } from './optim/schedule.ts';
export { sgd } from './optim/sgd.ts';
export { eagerEngine } from './runtime/eager-engine.ts';
export { onnxEngine } from './runtime/onnx-engine.ts';
export { externalPaths, type OnnxPort, openOnnxModel } from './runtime/onnx-model.ts';
export { AUTO_ENGINE, engineNames, getEngine } from './runtime/registry.ts';
export { rowProducts } from './runtime/row-products.ts';
export { tracingEngine } from './runtime/tracing-engine.ts';
export type { CompiledStep, Engine, Signature, State, Step, Tensors } from './step.ts';
export * from './tf.ts';
export { constant } from './trace/backend.ts';
export { type MatrixProduct, matrixProducts } from './trace/products.ts';
export { inputName, outputName, stateName, type TracedStep, trace, updateName } from './trace/trace.ts';
export { type LossResult, optimizerState, trainingStep, valueAndGradients } from './training-step.ts';
export { engineVersions } from './versions.ts';
