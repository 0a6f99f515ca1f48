import type { Tensor } from '@clce/engine';

/**
 * What a pairwise loss knows about each anchor, and what it answers.
 *
 * LACLN, SupCon and HCL differ only in how they combine a few statistics of an anchor's similarities s: an
 * {@link AnchorTerm} is that combination, together with its derivatives.  The pass over the pairs turns those back
 * into a gradient at every s_ij, since the gradient of a log-sum-exp is a softmax.
 *
 * All tensors are float32 [anchors, 1] and finite, also where an anchor has no positive or no negative.
 */
export interface AnchorTerm {
  /** Whether `meanPositive` is wanted: it costs a pass of its own. */
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
  /** Mean of s over P; undefined unless the term asks for it. */
  readonly meanPositive: Tensor | undefined;
  /** log of the mean of exp(s) over N, weighted by exp(βs): log Σ_N exp((1 + β) s) - log Σ_N exp(β s). */
  readonly logNegative: Tensor;
}

/** An anchor's loss ℓ and its derivatives with respect to the statistics; one that is left out is zero. */
export interface AnchorGradient {
  readonly loss: Tensor;
  readonly logPositive: Tensor;
  readonly meanPositive?: Tensor;
  readonly logNegative: Tensor;
}
