/** The facts of a cell that tables show beside its result. The full specification stays in the experiments package. */
import type { EvaluatedOn } from './evaluated-on.ts';

export type ParameterValue = number | string | boolean;

/** The sides of the data. Cells of a table differ in their fold as they differ in their seed. */
export interface SplitFacts {
  readonly kind: 'official' | 'development' | 'confirmation';
  /** The fold that is held out, from 0 on, and the number of folds; null without folds. */
  readonly fold: number | null;
  readonly folds: number | null;
  /** What is held out alone; absent where classes and samples are. */
  readonly holds?: 'classes' | 'samples' | undefined;
}

interface CommonFacts {
  readonly dataset: string;
  /** Side of an image, in pixels. */
  readonly imageSize: number;
  readonly split: SplitFacts;
  readonly protocol: 'few-shot' | 'transfer';
  readonly evaluatedOn: EvaluatedOn;
  /** Number of classes of an episode; null without episodes. */
  readonly way: number | null;
}

/** Facts of a backbone trained with one loss. */
export interface TrainingFacts extends CommonFacts {
  readonly kind: 'training';
  readonly backbone: string;
  /** SHA-256 of the file of pretrained weights; null for random weights. */
  readonly weights: string | null;
  /** The title of the method, such as `CLCE` or `CLCE, τ = 0.1`. */
  readonly loss: string;
  /** The name by which presets know the loss, such as `clce`. */
  readonly lossName: string;
  /** All parameters of the loss. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly batchSize: number;
  /** Images that a step shows the network, all views together. */
  readonly imagesPerStep: number;
  /** Part of the batch that a sample is contrasted with, counted as the batch is; null for the whole batch. */
  readonly contrastiveGroup: number | null;
  readonly seed: number;
  /** The highest learning rate of the schedule. */
  readonly learningRate: number;
  readonly optimizer: string;
}

/** Facts of a pretrained extractor without training. */
export interface FrozenFacts extends CommonFacts {
  readonly kind: 'frozen';
  readonly backbone: string;
  /** SHA-256 of the extractor's weight file. */
  readonly weights: string;
}

/** Facts of the raw-pixels baseline. */
export interface PixelsFacts extends CommonFacts {
  readonly kind: 'pixels';
}

export type CellFacts = TrainingFacts | FrozenFacts | PixelsFacts;

/** Any object with a cell's facts. */
export interface WithFacts {
  readonly facts: CellFacts;
}
