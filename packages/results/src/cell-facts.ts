/** The facts of a cell that tables show beside its result. A specification stays with the experiments, which make it. */

interface CommonFacts {
  readonly dataset: string;
  /** Pixels of a side. */
  readonly imageSize: number;
  readonly protocol: 'few-shot' | 'transfer';
  /** Classes of an episode; null without episodes. */
  readonly way: number | null;
}

/** Of a backbone trained with one loss. */
export interface TrainingFacts extends CommonFacts {
  readonly kind: 'training';
  readonly backbone: string;
  /** SHA-256 of the file of pretrained weights; null: random weights. */
  readonly weights: string | null;
  /** The title of the method, such as `CLCE` or `CLCE, τ = 0.1`. */
  readonly loss: string;
  readonly batchSize: number;
  readonly seed: number;
  /** The highest of the schedule. */
  readonly learningRate: number;
}

/** Of a pretrained extractor without any training. */
export interface FrozenFacts extends CommonFacts {
  readonly kind: 'frozen';
  readonly backbone: string;
  /** SHA-256 of its file. */
  readonly weights: string;
}

/** Of the pixels themselves. */
export interface PixelsFacts extends CommonFacts {
  readonly kind: 'pixels';
}

export type CellFacts = TrainingFacts | FrozenFacts | PixelsFacts;

/** Anything that stands for a cell. */
export interface WithFacts {
  readonly facts: CellFacts;
}
