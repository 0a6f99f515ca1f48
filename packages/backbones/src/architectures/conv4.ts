/**
 * Conv-4-64: four blocks of 3×3 convolution, batch norm, ReLU and 2×2 max pooling, 64 channels each, flattened.
 *
 * The backbone of Matching Networks (Vinyals et al. 2016, arXiv 1606.04080) and most few-shot papers since. The
 * convolutions have no bias, because the batch norm that follows would cancel it.
 */
import { type Tensor4D, tf } from '@clce/engine';
import type { Backbone } from '../backbone.ts';
import {
  batchNormParameters,
  batchNormStatistics,
  convolutionWeight,
  LayerPass,
  maxPool,
  numberedLayers,
} from '../layers/layers.ts';

const BLOCKS = 4;

export const conv4 = buildConv4({
  name: 'conv4',
  description: 'Conv-4-64, trained from scratch',
  channels: 64,
});

/** The same weights give features of both signs, so that their cosines reach from -1 to 1. */
export const conv4Signed = buildConv4({
  name: 'conv4-signed',
  description: 'Conv-4-64 without its last ReLU: features of both signs',
  channels: 64,
  signed: true,
});

export function buildConv4({ name, description, channels, signed = false }: Conv4Options): Backbone {
  return {
    name,
    description,

    layering: numberedLayers(BLOCKS, /^(\d)\./, 0),

    featureSize: (imageSize) => Math.floor(imageSize / 2 ** BLOCKS) ** 2 * channels,

    initialise(_imageSize, draw) {
      const parameters = {};
      const statistics = {};
      for (let block = 0; block < BLOCKS; block++) {
        Object.assign(
          parameters,
          convolutionWeight(`${block}.conv.weight`, 3, block === 0 ? 3 : channels, channels, draw),
          batchNormParameters(`${block}.norm`, channels),
        );
        Object.assign(statistics, batchNormStatistics(`${block}.norm`, channels));
      }
      return { parameters, statistics };
    },

    forward(weights, images, mode) {
      const pass = new LayerPass(weights, mode);
      let x: Tensor4D = images;
      for (let block = 0; block < BLOCKS; block++) {
        x = pass.convolution(`${block}.conv.weight`, x);
        // ReLU and max pooling commute; after pooling there are fewer elements to rectify.
        x = maxPool(pass.batchNorm(`${block}.norm`, x));
        if (!signed || block < BLOCKS - 1) x = tf.relu(x);
      }
      return { features: tf.reshape(x, [x.shape[0], -1]), statistics: pass.statistics };
    },
  };
}

export interface Conv4Options {
  readonly name: string;
  readonly description: string;
  /** Channels of every block. */
  readonly channels: number;
  /** Whether the last block has no ReLU. */
  readonly signed?: boolean;
}
