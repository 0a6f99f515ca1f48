/**
 * Extractors turn images into features without training: raw pixels, a backbone with fixed weights, or any ONNX model.
 */

import { type Backbone, openOnnxExtractor, readMatched, type WeightFile } from '@clce/backbones';
import type { ChannelStatistics, Dataset } from '@clce/datasets';
import { compileForward, type Engine, type HostTensor, type HostTensors, type Tensor4D } from '@clce/engine';
import { UserError } from '@clce/registry';
import type { FrozenSpec } from '../suite/cell.ts';
import { weightDraw } from '../training/weight-draw.ts';
import { eachBatch } from './each-batch.ts';
import { type FeatureMatrix, normaliseRows, pixelFeatures } from './features.ts';

export interface Extractor {
  /** Features of the given samples, each row of unit length. */
  extract(dataset: Dataset, rows: Int32Array): Promise<FeatureMatrix>;
  dispose(): Promise<void>;
}

const BATCH = 64;

export const pixelExtractor: Extractor = {
  extract: async (dataset, rows) => pixelFeatures(dataset, rows),
  dispose: async () => {},
};

/** @param weights a file, or a seed for random weights */
export async function backboneExtractor(
  backbone: Backbone,
  weights: WeightFile | number,
  { imageSize }: Dataset,
  normalisation: ChannelStatistics,
  engine: Engine,
): Promise<Extractor> {
  const { parameters, statistics } = backbone.initialise(
    imageSize,
    weightDraw(typeof weights === 'number' ? weights : 0),
  );
  const initial: HostTensors = { ...parameters, ...statistics };
  const { tensors } =
    typeof weights === 'number' ? { tensors: {} } : await readMatched(weights, backbone, initial);
  const shape = [BATCH, imageSize, imageSize, 3];
  const compiled = await compileForward(
    engine,
    (fixed, inputs) => ({
      features: backbone.forward(fixed, inputs['images'] as Tensor4D, 'evaluation').features,
    }),
    { ...initial, ...tensors },
    { images: { shape, dtype: 'float32' } },
  );
  return {
    extract: (dataset, rows) =>
      inBatches(
        dataset,
        rows,
        normalisation,
        BATCH,
        async (images) => (await compiled.run({ images }))['features']!,
      ),
    dispose: () => compiled.dispose(),
  };
}

/** @throws EngineError where the file is not a suitable model; UserError where the model needs images of another size */
export async function onnxExtractor(
  path: string,
  { name, input, output, layout }: Extract<FrozenSpec['extractor'], { kind: 'onnx' }>,
  { imageSize }: Dataset,
  normalisation: ChannelStatistics,
  threads: number,
): Promise<Extractor> {
  const model = await openOnnxExtractor(path, { input, output, layout, threads });
  if (model.imageSize !== undefined && model.imageSize !== imageSize) {
    await model.dispose();
    throw new UserError(
      `${name} (${path}) needs images of ${model.imageSize} pixels, but this run has ${imageSize}: use --set imageSize=${model.imageSize}`,
    );
  }
  return {
    extract: (dataset, rows) =>
      inBatches(dataset, rows, normalisation, model.batch, (images) => model.features(images)),
    dispose: () => model.dispose(),
  };
}

async function inBatches(
  dataset: Dataset,
  rows: Int32Array,
  normalisation: ChannelStatistics,
  batch: number,
  features: (images: HostTensor) => Promise<HostTensor>,
): Promise<FeatureMatrix> {
  let values = new Float32Array(0);
  let dim = 0;
  await eachBatch(dataset, rows, normalisation, batch, async (images, start, count) => {
    const { data, shape } = await features(images);
    if (start === 0) {
      dim = shape[1]!;
      values = new Float32Array(rows.length * dim);
    }
    values.set((data as Float32Array).subarray(0, count * dim), start * dim);
  });
  return normaliseRows({ values, dim });
}
