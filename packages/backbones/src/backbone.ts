/**
 * A backbone: named parameters and a pure function from images to features.
 *
 * Parameters carry the names that PyTorch's modules would give them; running statistics live in the same record and are
 * listed apart, because no gradient reaches them.
 */
import type { HostTensors, Tensor2D, Tensor4D, Tensors } from '@clce/engine';

export interface Backbone {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Length of the feature vector at the given image side length, in pixels. */
  featureSize(imageSize: number): number;
  /** Trained tensors and running statistics, freshly drawn. Equal draws give equal bytes. */
  initialise(imageSize: number, draw: NormalDraw): InitialWeights;
  /** Features [batch, featureSize] of images [batch, height, width, 3]. */
  forward(weights: Tensors, images: Tensor4D, mode: 'training' | 'evaluation'): ForwardResult;
}

export interface InitialWeights {
  readonly parameters: HostTensors;
  readonly statistics: HostTensors;
}

export interface ForwardResult {
  readonly features: Tensor2D;
  /** New running statistics; empty in evaluation. */
  readonly statistics: Tensors;
}

/** `count` independent standard normal numbers for the tensor of that name. */
export type NormalDraw = (tensor: string, count: number) => Float32Array;
