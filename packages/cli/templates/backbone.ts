/** Say what the architecture is, and name its paper and the code that it follows. */
import { type Tensor2D, type Tensor4D, tf } from '@clce/engine';
import type { Backbone } from '../backbone.ts';
import {
  batchNormParameters,
  batchNormStatistics,
  convolutionWeight,
  LayerPass,
  numberedLayers,
} from '../layers/layers.ts';

const WIDTHS = [32, 64];

export const myOwn: Backbone = {
  name: 'my-own',
  description: 'Two strided convolutions, trained from scratch',
  featureSize: () => WIDTHS.at(-1)!,
  layering: numberedLayers(WIDTHS.length, /^(\d)\./, 0),

  initialise(_imageSize, draw) {
    const parameters = {};
    const statistics = {};
    for (const [block, width] of WIDTHS.entries()) {
      Object.assign(
        parameters,
        convolutionWeight(`${block}.conv.weight`, 3, WIDTHS[block - 1] ?? 3, width, draw),
        batchNormParameters(`${block}.norm`, width),
      );
      Object.assign(statistics, batchNormStatistics(`${block}.norm`, width));
    }
    return { parameters, statistics };
  },

  forward(weights, images, mode) {
    const pass = new LayerPass(weights, mode);
    let x: Tensor4D = images;
    for (const block of WIDTHS.keys()) {
      x = pass.convolution(`${block}.conv.weight`, x, { stride: 2, padding: 1 });
      x = tf.relu(pass.batchNorm(`${block}.norm`, x));
    }
    return { features: tf.mean<Tensor2D>(x, [1, 2]), statistics: pass.statistics };
  },
};
