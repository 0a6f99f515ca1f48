/** The layers that convolutional backbones share: parameters by name, images NHWC. */

import {
  batchNormEvaluation,
  batchNormTraining,
  float32,
  type HostTensor,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  type Tensors,
  tf,
  updatedStatistics,
} from '@clce/engine';
import type { NormalDraw } from './backbone.ts';

/** PyTorch's defaults for BatchNorm2d. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/** Filter [size, size, inChannels, outChannels], normal with variance 2 / fan_out (He et al. 2015, arXiv 1502.01852). */
export function convolutionWeight(
  name: string,
  size: number,
  inChannels: number,
  outChannels: number,
  draw: NormalDraw,
): Record<string, HostTensor> {
  const shape = [size, size, inChannels, outChannels];
  const deviation = Math.sqrt(2 / (size * size * outChannels));
  const values = draw(name, size * size * inChannels * outChannels);
  return {
    [name]: float32(
      shape,
      values.map((value) => value * deviation),
    ),
  };
}

export function batchNormParameters(name: string, channels: number): Record<string, HostTensor> {
  return {
    [`${name}.weight`]: float32([channels], new Float32Array(channels).fill(1)),
    [`${name}.bias`]: float32([channels]),
  };
}

export function batchNormStatistics(name: string, channels: number): Record<string, HostTensor> {
  return {
    [`${name}.running_mean`]: float32([channels]),
    [`${name}.running_var`]: float32([channels], new Float32Array(channels).fill(1)),
  };
}

/** The layers of one forward pass; collects the running statistics that training changes. */
export class LayerPass {
  readonly statistics: Record<string, Tensor> = {};
  readonly #weights: Tensors;
  readonly #mode: 'training' | 'evaluation';

  constructor(weights: Tensors, mode: 'training' | 'evaluation') {
    this.#weights = weights;
    this.#mode = mode;
  }

  /** Stride 1, zero padding that keeps the size. No bias: a batch norm follows. */
  convolution(name: string, x: Tensor4D): Tensor4D {
    return tf.conv2d(x, this.#weights[name] as Tensor4D, 1, 'same');
  }

  batchNorm(name: string, x: Tensor4D): Tensor4D {
    const vector = (part: string) => this.#weights[`${name}.${part}`] as Tensor1D;
    const parameters = { gamma: vector('weight'), beta: vector('bias'), epsilon: EPSILON };
    const running = { mean: vector('running_mean'), variance: vector('running_var') };
    if (this.#mode === 'evaluation') return batchNormEvaluation(x, parameters, running);
    const { mean, variance } = updatedStatistics(running, x, MOMENTUM);
    this.statistics[`${name}.running_mean`] = mean;
    this.statistics[`${name}.running_var`] = variance;
    return batchNormTraining(x, parameters);
  }
}

/** 2 × 2 windows; an odd last row or column is dropped, as PyTorch does. */
export function maxPool(x: Tensor4D): Tensor4D {
  return tf.maxPool(x, 2, 2, 'valid');
}
