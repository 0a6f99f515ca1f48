/** Layers of the convolutional backbones. Parameters are looked up by name; images are NHWC. */

import {
  batchNormEvaluation,
  batchNormTraining,
  float32,
  type HostTensor,
  type Layering,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  type Tensors,
  tf,
  updatedStatistics,
} from '@clce/engine';
import type { NormalDraw } from '../backbone.ts';

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

/** One filter per channel, [size, size, channels, 1]. The fan_out is that of one channel, size². */
export function depthwiseWeight(
  name: string,
  size: number,
  channels: number,
  draw: NormalDraw,
): Record<string, HostTensor> {
  const deviation = Math.sqrt(2 / size ** 2);
  const values = draw(name, size * size * channels).map((value) => value * deviation);
  return { [name]: float32([size, size, channels, 1], values) };
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

  /**
   * A convolution, by default with stride 1 and zero padding that keeps the size. It has no bias: a batch norm follows.
   *
   * @param options.padding zeros on each side, or TensorFlow's 'same': as few as needed, an odd one at the end
   */
  convolution(name: string, x: Tensor4D, { stride = 1, padding = 'same' }: Window = {}): Tensor4D {
    return tf.conv2d(x, this.#weights[name] as Tensor4D, stride, padding);
  }

  /** A depthwise convolution; its weights are [height, width, channels, 1]. */
  depthwise(name: string, x: Tensor4D, { stride = 1, padding = 'same' }: Window = {}): Tensor4D {
    return tf.depthwiseConv2d(x, this.#weights[name] as Tensor4D, stride, padding);
  }

  bias(name: string, x: Tensor4D): Tensor4D {
    return tf.add<Tensor4D>(x, this.#weights[name]!);
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

interface Window {
  readonly stride?: number;
  readonly padding?: number | 'same';
}

/**
 * Layers by the number in a parameter's name, such as `3.conv.weight` or `layer3.conv1.weight`.
 *
 * @param pattern captures the number
 * @param first number of the first block
 */
export function numberedLayers(depth: number, pattern: RegExp, first: number): Layering {
  return {
    depth,
    layerOf(name) {
      const number = pattern.exec(name)?.[1];
      return number === undefined ? depth + 1 : Number(number) - first + 1;
    },
  };
}

/** Max pooling with 2 × 2 windows. As in PyTorch, an odd last row or column is dropped. */
export function maxPool(x: Tensor4D): Tensor4D {
  return tf.maxPool(x, 2, 2, 'valid');
}
