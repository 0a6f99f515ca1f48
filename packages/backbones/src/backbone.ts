/**
 * A backbone: named parameters and a pure function from images to features.
 *
 * Parameters carry the names that PyTorch's modules would give them (timm's where timm has the model); running
 * statistics live in the same record and are listed apart, because no gradient reaches them.
 *
 * The features are what comes just before a classifier. The classifier and the evaluation see them as they are; a
 * contrastive loss sees what a projection head makes of them or, without one, the same features.
 */
import type { HostTensors, Layering, Tensor2D, Tensor4D, Tensors } from '@clce/engine';
import type { WeightFile } from './weights/weight-file.ts';

export interface Backbone {
  readonly name: string;
  /** One line for people. */
  readonly description: string;
  /** Length of the feature vector at the given image side length, in pixels. */
  featureSize(imageSize: number): number;
  /** Trained tensors and running statistics, freshly drawn. */
  initialise(imageSize: number, draw: NormalDraw): InitialWeights;
  /**
   * Features [batch, featureSize] of images [batch, height, width, 3].
   *
   * @param masks by `branchMask`, [batch, 1, 1]: what each image's residual branches are multiplied by (drop path)
   */
  forward(
    weights: Tensors,
    images: Tensor4D,
    mode: 'training' | 'evaluation',
    masks?: Tensors,
  ): ForwardResult;
  /** Residual branches that can be masked; absent where that is not provided for. */
  readonly residualBranches?: number;

  /** Layer of each parameter, for layer-wise learning rates and for training the last blocks only. */
  readonly layering: Layering;
  /** What other files call its tensors, by the kind of file. Its own names need no entry. */
  readonly otherNames?: Readonly<Record<string, NameMap>>;
  /** Tables of positions that can be resized to another image size. */
  readonly positions?: Readonly<Record<string, PositionTable>>;
  /** Parameters that a weight file may lack: they keep their initial values. */
  readonly optional?: readonly string[];
  /** What timm calls the linear classifier on top; `head` unless said. */
  readonly classifier?: 'fc' | 'classifier';
  /** Pretrained weights that an installed package brings: what it starts from unless a file is given. */
  readonly bundled?: BundledWeights;
}

export interface BundledWeights {
  /** The file that they lie in. @throws WeightFileError where the package is not installed */
  path(): string;
  /** @throws WeightFileError */
  open(): Promise<WeightFile>;
  /** What they expect pixels to be scaled to: mean and deviation one half, or those of ImageNet. */
  readonly normalisation: 'inception' | 'imagenet';
  /** Who trained them on what, and under which licence they may be used. */
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

/** `count` independent standard normal numbers for the tensor of that name. Equal draws give equal weights. */
export type NormalDraw = (tensor: string, count: number) => Float32Array;

/** From a file's name of a tensor to the backbone's; undefined for what the backbone does not have. */
export type NameMap = (name: string) => string | undefined;

/** Rows for a square grid of patches, after some that belong to other tokens. */
export interface PositionTable {
  /** Rows before those of the grid. */
  readonly before: number;
  /** Whether shrinking averages over what it skips, as the model's own code does or does not. */
  readonly antialias: boolean;
}

/** Name of the mask of a residual branch, counted in the order of the forward pass. */
export function branchMask(branch: number): string {
  return `branch.${branch}`;
}
