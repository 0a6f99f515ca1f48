import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import type { AnchorTerm } from '../pairwise/anchor-term.ts';
import { orLogOfZero, sigmoid, softplus } from '../pairwise/log-space.ts';
import { pairwiseLoss } from '../pairwise/pairwise-loss.ts';
import { requireLabelledRows } from '../shapes.ts';
import { l2Normalize } from './normalize.ts';

/**
 * Supervised contrastive learning with hard negatives, H-SCL (Jiang et al. 2022, arXiv 2209.00078).
 *
 * The formula is that of the authors' published program (github.com/rjiang03/H-SCL, `nce_supervised_hard` in main/main.py). The
 * rows are both views of a batch, n in all. With z L2-normalised, s_ij = z_i · z_j / τ, P_i the other rows of i's class and N_i the
 * rows of other classes:
 *
 *     g_i  = Σ_{k∈N_i} exp(β s_ik) exp(s_ik) / Σ_{k∈N_i} exp(β s_ik)      mean over the negatives, weighted by hardness
 *     ℓ_ip = -log( exp(s_ip) / (exp(s_ip) + (n - 2) g_i) )
 *
 * The loss is the mean of ℓ over all pairs (i, p). It is 0 without a pair. An anchor without negatives has ℓ = 0 (*ours*: the program
 * divides zero by zero there).
 *
 * It is nearly LACLN in form "out", with the same hardness weights. Three things differ: the denominator has the pair's own positive
 * in place of all positives, the negatives count as n - 2 in place of |N_i|, and the mean is over pairs in place of anchors.
 */
export interface HSclOptions {
  /** τ > 0. The authors' program has 0.5. */
  readonly temperature: number;
  /** β >= 0. */
  readonly hardness: number;
  /** Whether the weights exp(β s) are constants for the gradient. By default they are not, as with the program's `gradient_imp`. */
  readonly detachWeights: boolean;
  /** Anchors in a block. Memory is O(blockSize × n). */
  readonly blockSize: number;
}

/**
 * H-SCL of `embeddings` [n, d], normalised here, with `labels` int32 [n]. The options are checked already.
 *
 * @throws LossError on shapes that do not fit.
 */
export function hSclOf(embeddings: Tensor2D, labels: Tensor1D, options: HSclOptions): Scalar {
  requireLabelledRows('embeddings', embeddings, labels);
  return pairwiseLoss(l2Normalize(embeddings), labels, options, pairTerm(embeddings.shape[0]));
}

/** With x = log((n - 2) g_i) - s_ip: ℓ_ip = softplus(x), dℓ / ds_ip = -sigmoid(x), and dℓ / d log g_i = sigmoid(x). */
function pairTerm(rows: number): AnchorTerm {
  return {
    needsMeanPositive: false,
    meanOver: 'positive-pairs',
    evaluate({ similarities, positive, hasNegative, logNegative }) {
      const logNegatives = tf.add(logNegative, Math.log(Math.max(rows - 2, 1)));
      const ratio = orLogOfZero(hasNegative, tf.sub(logNegatives, similarities));
      const softplusOfRatio = softplus(ratio);
      const shares = tf.mul(sigmoid(ratio, softplusOfRatio), positive);
      return {
        loss: tf.sum(tf.mul(softplusOfRatio, positive), 1, true),
        atPositives: tf.neg(shares),
        logNegative: tf.sum(shares, 1, true),
      };
    },
  };
}
