/**
 * ResNet-12 of the few-shot literature: four residual blocks of three 3×3 convolutions, leaky ReLU (0.1), 2×2 max
 * pooling after each block, global average pooling. Widths are 64-128-256-512 (TADAM, Oreshkin et al. 2018, arXiv
 * 1805.10123, without its conditioning) or 64-160-320-640 (MetaOptNet, Lee et al. 2019, arXiv 1904.03758; RFS, Tian et al.
 * 2020, arXiv 2003.11539). There is no DropBlock.
 */
import { type Tensor2D, type Tensor4D, tf } from '@clce/engine';
import type { Backbone } from '../backbone.ts';
import {
  batchNormParameters,
  batchNormStatistics,
  convolutionWeight,
  LayerPass,
  maxPool,
  numberedLayers,
} from '../layers/layers.ts';

const SLOPE = 0.1;

export const resnet12 = buildResNet12({
  name: 'resnet12',
  description: 'ResNet-12 (64-128-256-512), trained from scratch',
  widths: [64, 128, 256, 512],
});

export const resnet12Wide = buildResNet12({
  name: 'resnet12-wide',
  description: 'ResNet-12 (64-160-320-640), trained from scratch',
  widths: [64, 160, 320, 640],
});

export function buildResNet12({ name, description, widths }: ResNet12Options): Backbone {
  return {
    name,
    description,

    layering: numberedLayers(4, /^layer(\d)\./, 1),

    featureSize: () => widths[3],

    initialise(_imageSize, draw) {
      const parameters = {};
      const statistics = {};
      for (const [index, width] of widths.entries()) {
        const block = `layer${index + 1}`;
        const before = widths[index - 1] ?? 3;
        for (const [convolution, size, input] of [
          ['conv1', 3, before],
          ['conv2', 3, width],
          ['conv3', 3, width],
          ['downsample', 1, before],
        ] as const) {
          Object.assign(
            parameters,
            convolutionWeight(`${block}.${convolution}.weight`, size, input, width, draw),
            batchNormParameters(`${block}.${convolution}.norm`, width),
          );
          Object.assign(statistics, batchNormStatistics(`${block}.${convolution}.norm`, width));
        }
      }
      return { parameters, statistics };
    },

    forward(weights, images, mode) {
      const pass = new LayerPass(weights, mode);
      const normalised = (name: string, x: Tensor4D) =>
        pass.batchNorm(`${name}.norm`, pass.convolution(`${name}.weight`, x));
      let x: Tensor4D = images;
      for (let index = 1; index <= widths.length; index++) {
        const block = `layer${index}`;
        let inner = tf.leakyRelu(normalised(`${block}.conv1`, x), SLOPE);
        inner = tf.leakyRelu(normalised(`${block}.conv2`, inner), SLOPE);
        inner = normalised(`${block}.conv3`, inner);
        // Leaky ReLU and max pooling commute; after pooling there are fewer elements to rectify.
        x = tf.leakyRelu(maxPool(tf.add<Tensor4D>(inner, normalised(`${block}.downsample`, x))), SLOPE);
      }
      return { features: tf.mean<Tensor2D>(x, [1, 2]), statistics: pass.statistics };
    },
  };
}

export interface ResNet12Options {
  readonly name: string;
  readonly description: string;
  /** Channels of the four blocks; the last is the feature size. */
  readonly widths: readonly [number, number, number, number];
}
