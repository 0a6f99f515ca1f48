import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import type { AnchorStatistics, AnchorTerm } from '../pairwise/anchor-term.ts';
import { orLogOfZero, sigmoid, softplus } from '../pairwise/log-space.ts';
import { pairwiseLoss } from '../pairwise/pairwise-loss.ts';
import { complete } from '../parameter.ts';
import * as parameters from '../parameters.ts';
import { requireLabelledRows } from '../shapes.ts';
import { l2Normalize } from './normalize.ts';

/**
 * Label-aware contrastive loss with hard negatives, the second term of CLCE (Long et al. 2024, arXiv 2402.14551).
 *
 * With z L2-normalised, s_ij = z_i · z_j / τ, P_i the other samples of i's class and N_i those of other classes:
 *
 *     w_ik = |N_i| exp(β s_ik) / Σ_{k'∈N_i} exp(β s_ik')
 *     D_i  = Σ_{p∈P_i} exp(s_ip) + Σ_{k∈N_i} w_ik exp(s_ik)
 *     in:  ℓ_i = -log( (1/|P_i|) Σ_{p∈P_i} exp(s_ip) / D_i )
 *     out: ℓ_i = -(1/|P_i|) Σ_{p∈P_i} log( exp(s_ip) / D_i )
 *
 * "in" and "out" as in Khosla et al. 2020; w is the weighting of Robinson et al. 2021 without its debiasing.
 * The default "in" is *ours* (see parameters.ts). The loss is the mean over the anchors with a positive, and 0 without such
 * anchors. Without negatives D_i is its first sum.
 */
export interface LaclnOptions {
  /** τ > 0; default 0.5. */
  readonly temperature?: number;
  /** β >= 0; default 1, the paper's weighting. At 0 all negatives have equal weights. */
  readonly hardness?: number;
  /** Default "in" (*ours*). */
  readonly form?: parameters.Form;
  /** Whether w is a constant for the gradient; default false. */
  readonly detachWeights?: boolean;
  /** Anchors in a block; default 256. Memory is O(blockSize × n). */
  readonly blockSize?: number;
}

/**
 * LACLN of `embeddings` [n, d], normalised here, with `labels` int32 [n].
 *
 * @throws LossError on an option out of range or shapes that do not fit.
 */
export function lacln(embeddings: Tensor2D, labels: Tensor1D, options: LaclnOptions = {}): Scalar {
  const { temperature, hardness, form, detachWeights, blockSize } = parameters;
  const all = complete({ temperature, hardness, form, detachWeights, blockSize }, options);
  return laclnOf(embeddings, labels, all);
}

/** LACLN with all options, already checked. @throws LossError on shapes that do not fit */
export function laclnOf(embeddings: Tensor2D, labels: Tensor1D, options: Required<LaclnOptions>): Scalar {
  requireLabelledRows('embeddings', embeddings, labels);
  return pairwiseLoss(l2Normalize(embeddings), labels, options, options.form === 'in' ? IN : OUT);
}

const IN: AnchorTerm = {
  needsMeanPositive: false,
  evaluate(statistics) {
    const { softplusOfRatio, share } = compareGroups(statistics);
    const logPositives = tf.log(tf.maximum(statistics.positives, 1));
    return {
      loss: tf.add(logPositives, softplusOfRatio),
      logPositive: tf.neg(share),
      logNegative: share,
    };
  },
};

const OUT: AnchorTerm = {
  needsMeanPositive: true,
  evaluate(statistics) {
    const { softplusOfRatio, share } = compareGroups(statistics);
    const gap = tf.sub(statistics.logPositive, statistics.meanPositive!);
    return {
      loss: tf.add(gap, softplusOfRatio),
      logPositive: tf.sub(1, share),
      meanPositive: tf.scalar(-1),
      logNegative: share,
    };
  },
};

/** With x = log Σ_N w e^s - log Σ_P e^s: log D = log Σ_P e^s + softplus(x), and sigmoid(x) is the negatives' share of D. */
function compareGroups({ logPositive, logNegative, negatives, hasNegative }: AnchorStatistics) {
  const logWeighted = tf.add(logNegative, tf.log(tf.maximum(negatives, 1)));
  const ratio = orLogOfZero(hasNegative, tf.sub(logWeighted, logPositive));
  const softplusOfRatio = softplus(ratio);
  return { softplusOfRatio, share: sigmoid(ratio, softplusOfRatio) };
}
