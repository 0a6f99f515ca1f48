import type { Tensor } from '@clce/engine';

/**
 * The part of a pairwise loss that differs between losses.
 *
 * LACLN, SupCon, HCL and H-SCL combine a few statistics of an anchor's similarities s in different ways. An {@link AnchorTerm} is this
 * combination with its derivatives. The pass over the pairs makes the gradient at every s_ij of the derivatives, because the
 * gradient of a log-sum-exp is a softmax.
 *
 * All tensors are float32, and [anchors, 1] where nothing else is said. They are finite even for an anchor without positives or negatives.
 */
export interface AnchorTerm {
  /** Whether the term needs `meanPositive`, which costs an additional pass. */
  readonly needsMeanPositive: boolean;
  /** What the loss is the mean over: the anchors with a positive (default), or all pairs of an anchor and a positive. */
  readonly meanOver?: 'positive-pairs';
  readonly evaluate: (statistics: AnchorStatistics) => AnchorGradient;
}

export interface AnchorStatistics {
  /** s of every pair, [anchors, n]. */
  readonly similarities: Tensor;
  /** 1 where a pair is positive, else 0, [anchors, n]. */
  readonly positive: Tensor;
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

/**
 * An anchor's loss ℓ and its derivatives with respect to the statistics. A missing derivative is zero.
 *
 * A term that treats each positive on its own gives `atPositives`, the derivative at each s_ip, zero outside P, [anchors, n]. Other
 * terms give `logPositive`.
 */
export type AnchorGradient = {
  readonly loss: Tensor;
  readonly meanPositive?: Tensor;
  readonly logNegative: Tensor;
} & (
  | { readonly logPositive: Tensor; readonly atPositives?: never }
  | { readonly atPositives: Tensor; readonly logPositive?: never }
);
