/** Exports a backbone with its weights as an ONNX model for inference in any ONNX Runtime. */
import { type ExportedForward, exportForward, float32, type HostTensors, type Tensor4D } from '@clce/engine';
import type { Backbone } from './backbone.ts';
import { linearHead } from './layers/linear-head.ts';
import { readMatched } from './weights/match-weights.ts';
import type { WeightFile } from './weights/weight-file.ts';

export interface ExportOptions {
  /** Height and width of the images, in pixels. */
  readonly imageSize: number;
  /** Images per run; fixed in the file. */
  readonly batch: number;
}

/**
 * The model's input is `images` [batch, height, width, 3], normalised. Its outputs are `features` [batch, size] and, if
 * the weight file has a classifier, `logits` [batch, classes].
 *
 * @throws WeightFileError where the file does not fit the backbone
 */
export async function exportOnnx(
  backbone: Backbone,
  file: WeightFile,
  { imageSize, batch }: ExportOptions,
): Promise<ExportedForward> {
  const { parameters, statistics } = backbone.initialise(imageSize, (_, count) => new Float32Array(count));
  const expected = { ...parameters, ...statistics, ...headOf(file, backbone.featureSize(imageSize)) };
  const { tensors } = await readMatched(file, backbone, expected);
  const hasHead = 'head.weight' in expected;
  return exportForward(
    (weights, { images }) => {
      const { features } = backbone.forward(weights, images as Tensor4D, 'evaluation');
      return { features, ...(hasHead && { logits: linearHead(weights, features) }) };
    },
    tensors,
    { images: { shape: [batch, imageSize, imageSize, 3], dtype: 'float32' } },
  );
}

/** Zeros in the shape of the file's classifier on features of the given length; empty if there is none. */
function headOf({ tensors }: WeightFile, features: number): HostTensors {
  for (const [name, { shape }] of tensors) {
    const [classes, width] = shape;
    if (/^(module\.)?(head|fc|classifier)\.weight$/.test(name) && width === features) {
      return { 'head.weight': float32([features, classes!]), 'head.bias': float32([classes!]) };
    }
  }
  return {};
}
