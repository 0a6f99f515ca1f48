/**
 * A backbone: named parameters and a pure function from images to features.
 *
 * Parameters carry the names of PyTorch's modules (timm's where timm has the model). Running statistics live in the same
 * record but are listed apart, because no gradient reaches them.
 *
 * The features are the input of a classifier. The classifier and the evaluation use them unchanged. A contrastive loss
 * uses their projection or, without a projection head, the same features.
 */
import type { HostTensors, Layering, Tensor2D, Tensor4D, Tensors } from '@clce/engine';
import type { WeightFile } from './weights/weight-file.ts';

export interface Backbone {
  readonly name: string;
  /** One line for lists of backbones. */
  readonly description: string;
  /** Length of the feature vector at the given image side length, in pixels. */
  featureSize(imageSize: number): number;
  /** Trained tensors and running statistics, freshly drawn. */
  initialise(imageSize: number, draw: NormalDraw): InitialWeights;
  /**
   * Features [batch, featureSize] of images [batch, height, width, 3].
   *
   * @param masks factors of each image's residual branches (drop path), [batch, 1, 1] each, named by `branchMask`
   */
  forward(
    weights: Tensors,
    images: Tensor4D,
    mode: 'training' | 'evaluation',
    masks?: Tensors,
  ): ForwardResult;
  /** Number of residual branches that can be masked; absent if the backbone has no drop path. */
  readonly residualBranches?: number;

  /** Layer of each parameter, for layer-wise learning rates and for training only the last blocks. */
  readonly layering: Layering;
  /** Names of the tensors in other kinds of files, by kind. The backbone's own names need no entry. */
  readonly otherNames?: Readonly<Record<string, NameMap>>;
  /** Tables of positions that can be resized to another image size. */
  readonly positions?: Readonly<Record<string, PositionTable>>;
  /** Parameters that a weight file may lack: they keep their initial values. */
  readonly optional?: readonly string[];
  /** timm's name of the linear classifier; `head` by default. */
  readonly classifier?: 'fc' | 'classifier';
  /** Pretrained weights of an installed package. The backbone starts from them unless a file is given. */
  readonly bundled?: BundledWeights;
}

export interface BundledWeights {
  /** The path of their file. @throws WeightFileError where the package is not installed */
  path(): string;
  /** @throws WeightFileError */
  open(): Promise<WeightFile>;
  /** Normalisation of the pixels: mean and deviation one half (inception), or ImageNet's mean and deviation. */
  readonly normalisation: 'inception' | 'imagenet';
  /** Package, author and licence of the weights. */
  readonly source: string;
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

/** Draws `count` independent standard normal numbers for the named tensor. Equal draws give equal weights. */
export type NormalDraw = (tensor: string, count: number) => Float32Array;

/** Maps a file's name of a tensor to the backbone's name; undefined if the backbone has no such tensor. */
export type NameMap = (name: string) => string | undefined;

/** A table of positions: rows of other tokens, then rows of a square grid of patches. */
export interface PositionTable {
  /** Number of rows before the grid. */
  readonly before: number;
  /** Whether shrinking is antialiased, as in the model's own code. */
  readonly antialias: boolean;
}

/** Name of the mask of a residual branch, counted in the order of the forward pass. */
export function branchMask(branch: number): string {
  return `branch.${branch}`;
}
