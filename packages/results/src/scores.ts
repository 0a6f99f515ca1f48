/** What evaluation counts, by kind of protocol. */

/** Of each episode, in order, the number of queries put into their class. */
export interface FewShotScore {
  readonly kind: 'few-shot';
  readonly shot: number;
  readonly classifier: string;
  readonly queriesPerEpisode: number;
  readonly correct: readonly number[];
}

/**
 * - `head`: the linear head that cross-entropy trained; a loss without cross-entropy has none.
 * - `k-nn`: the 20 nearest reference samples by cosine s, each voting with exp(s / 0.07) (Wu et al. 2018, arXiv 1805.01978).
 * - `linear-probe`: a linear layer trained on the frozen features of the reference samples.
 */
export const transferClassifiers = ['head', 'k-nn', 'linear-probe'] as const;
export type TransferClassifier = (typeof transferClassifiers)[number];

/** Of each class, in order of the trained classes: samples tested, and those put into their class. */
export interface TransferScore {
  readonly kind: 'transfer';
  readonly classifier: TransferClassifier;
  readonly correct: readonly number[];
  readonly tested: readonly number[];
  /** Expected calibration error, a share; of the head alone, as only its confidences were trained. */
  readonly calibrationError?: number | undefined;
}

/** Validation accuracy, a share, after a number of steps. */
export interface Checkpoint {
  readonly step: number;
  readonly accuracy: number;
}

export type Score = FewShotScore | TransferScore;
