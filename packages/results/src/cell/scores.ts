/** Counts of the evaluation, by kind of protocol. */

/** Each episode has `way` entries in `drawn` and in `correct`, episode after episode. */
export interface FewShotScore {
  readonly kind: 'few-shot';
  readonly shot: number;
  readonly classifier: string;
  readonly way: number;
  /** Queries of a class in an episode. */
  readonly query: number;
  /** Names of the classes that episodes are drawn from. */
  readonly classes: readonly string[];
  /** The classes of each episode, as places in `classes`. */
  readonly drawn: readonly number[];
  /** The number of correctly classified queries of each of these classes. */
  readonly correct: readonly number[];
}

/**
 * - `head`: the linear head that cross-entropy trained; a loss without cross-entropy has none.
 * - `k-nn`: the 20 nearest reference samples by cosine s, each voting with exp(s / 0.07) (Wu et al. 2018, arXiv 1805.01978).
 * - `linear-probe`: a linear layer trained on the frozen features of the reference samples.
 */
export const transferClassifiers = ['head', 'k-nn', 'linear-probe'] as const;
export type TransferClassifier = (typeof transferClassifiers)[number];

/** For each trained class: the number of tested and of correctly classified samples. */
export interface TransferScore {
  readonly kind: 'transfer';
  readonly classifier: TransferClassifier;
  /** Names of the trained classes. */
  readonly classes: readonly string[];
  readonly correct: readonly number[];
  readonly tested: readonly number[];
  /** The predicted class of each tested sample in the order of the data set, as places in `classes`. Absent unless asked for. */
  readonly predicted?: readonly number[] | undefined;
  /** Expected calibration error, a share. Only the head has one, because only its confidences are trained. */
  readonly calibrationError?: number | undefined;
}

/** Validation accuracy, a share, after a number of steps. */
export interface Checkpoint {
  readonly step: number;
  readonly accuracy: number;
}

export type Score = FewShotScore | TransferScore;

/** Such as `5-shot nearest-centroid` or `k-nn`. */
export function scoreName(score: {
  readonly shot?: number | undefined;
  readonly classifier: string;
}): string {
  return (score.shot === undefined ? '' : `${score.shot}-shot `) + score.classifier;
}
