import type { Tensor } from '@clce/engine';

/**
 * The part of a pairwise loss that differs between losses.
 *
 * LACLN, SupCon and HCL combine a few statistics of an anchor's similarities s in different ways. An {@link AnchorTerm} is this
 * combination with its derivatives. The pass over the pairs makes the gradient at every s_ij of the derivatives, because the
 * gradient of a log-sum-exp is a softmax.
 *
 * All tensors are float32 [anchors, 1]. They are finite even for an anchor without positives or negatives.
 */
export interface AnchorTerm {
  /** Whether the term needs `meanPositive`, which costs an additional pass. */
  readonly needsMeanPositive: boolean;
  readonly evaluate: (statistics: AnchorStatistics) => AnchorGradient;
}

export interface AnchorStatistics {
  /** |P|. */
  readonly positives: Tensor;
  /** |N|. */
  readonly negatives: Tensor;
  /** 1 where |P| > 0, else 0. */
  readonly hasPositive: Tensor;
  /** 1 where |N| > 0, else 0. */
  readonly hasNegative: Tensor;
  /** log Σ_P exp(s). */
  readonly logPositive: Tensor;
  /** Mean of s over P; undefined unless the term needs it. */
  readonly meanPositive: Tensor | undefined;
  /** log of the mean of exp(s) over N, weighted by exp(βs): log Σ_N exp((1 + β) s) - log Σ_N exp(β s). */
  readonly logNegative: Tensor;
}

/** An anchor's loss ℓ and its derivatives with respect to the statistics. A missing derivative is zero. */
export interface AnchorGradient {
  readonly loss: Tensor;
  readonly logPositive: Tensor;
  readonly meanPositive?: Tensor;
  readonly logNegative: Tensor;
}
