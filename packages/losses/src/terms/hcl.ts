import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import type { AnchorTerm } from '../pairwise/anchor-term.ts';
import { orLogOfZero, sigmoid, softplus } from '../pairwise/log-space.ts';
import { pairwiseLoss } from '../pairwise/pairwise-loss.ts';
import { complete } from '../parameter.ts';
import * as parameters from '../parameters.ts';
import { requireSameRows } from '../shapes.ts';
import { l2Normalize } from './normalize.ts';

/**
 * Contrastive learning with hard negatives and without labels (Robinson et al. 2021). As a baseline it shows the value of labels.
 *
 * The anchors are the 2m rows of two views. An anchor's positive p is its other view. Its k = 2m - 2 negatives are all other rows.
 * With s = z_i · z_j / τ and w the softmax of βs over the negatives:
 *
 *     R   = k Σ_k w_ik exp(s_ik)
 *     n_g = max( (R - τ⁺ k exp(s_ip)) / (1 - τ⁺),  k exp(-1/τ) )
 *     ℓ_i = -log( exp(s_ip) / (exp(s_ip) + n_g) )
 *
 * It is computed in log space, as LACLN is: ℓ = softplus(log n_g - s_ip). Gradients flow through w.
 */
export interface HclOptions {
  /** τ > 0; default 0.5. */
  readonly temperature?: number;
  /** β >= 0; default 1. */
  readonly hardness?: number;
  /** τ⁺ in [0, 1), the assumed share of false negatives; default 0.1 (*ours*). */
  readonly tauPlus?: number;
  /** Anchors in a block; default 256. Memory is O(blockSize × m). */
  readonly blockSize?: number;
}

/**
 * HCL of two views [m, d], normalised here. Row i of both views is the same sample. With one sample there are no negatives, and
 * the loss is 0.
 *
 * @throws LossError on an option out of range or views of different shapes.
 */
export function hcl(viewA: Tensor2D, viewB: Tensor2D, options: HclOptions = {}): Scalar {
  const { temperature, hardness, tauPlus, blockSize } = parameters;
  return hclOf(viewA, viewB, complete({ temperature, hardness, tauPlus, blockSize }, options));
}

/** HCL with all options, already checked. @throws LossError on views of different shapes */
export function hclOf(viewA: Tensor2D, viewB: Tensor2D, options: Required<HclOptions>): Scalar {
  requireSameRows('viewA', viewA, 'viewB', viewB);
  const samples = tf.range(0, viewA.shape[0], 1, 'int32');
  const unit = l2Normalize(tf.concat([viewA, viewB], 0));
  const sampleOfRow = tf.concat([samples, samples], 0) as Tensor1D;
  return pairwiseLoss(unit, sampleOfRow, { ...options, detachWeights: false }, debiased(options));
}

function debiased({ temperature, tauPlus }: Required<HclOptions>): AnchorTerm {
  return {
    needsMeanPositive: false,
    evaluate({ logPositive, logNegative, negatives, hasNegative }) {
      const count = tf.maximum(negatives, 1);
      const logReweighted = tf.add(logNegative, tf.log(count));
      const floor = tf.sub(tf.log(count), 1 / temperature);

      // R - τ⁺ k e^s, divided by the larger of R and e^s so that neither overflows. It can be negative.
      const scale = tf.maximum(logReweighted, logPositive);
      const expected = tf.mul(tf.exp(tf.sub(logPositive, scale)), tf.mul(count, tauPlus));
      const difference = tf.sub(tf.exp(tf.sub(logReweighted, scale)), expected);
      const logDebiased = tf.sub(tf.add(logOfPositivePart(difference), scale), Math.log1p(-tauPlus));
      const aboveFloor = tf.cast(tf.greater(logDebiased, floor), 'float32');

      const ratio = orLogOfZero(hasNegative, tf.sub(tf.maximum(logDebiased, floor), logPositive));
      const loss = softplus(ratio);
      // sigmoid(ratio) · d log n_g / d log R, and / d s_ip through the estimate's second term. n_g cancels in both.
      const logScale = tf.sub(tf.sub(logReweighted, logPositive), loss);
      const throughReweighted = tf.mul(aboveFloor, tf.div(tf.exp(logScale), 1 - tauPlus));
      const throughExpected = tf.mul(
        tf.mul(aboveFloor, hasNegative),
        tf.mul(tf.mul(tf.exp(tf.neg(loss)), count), tauPlus / (1 - tauPlus)),
      );
      return {
        loss,
        logPositive: tf.neg(tf.add(sigmoid(ratio, loss), throughExpected)),
        logNegative: throughReweighted,
      };
    },
  };
}

/** log x where x > 0, else a number below any logarithm that occurs. */
function logOfPositivePart(x: Tensor): Tensor {
  const isPositive = tf.cast(tf.greater(x, 0), 'float32');
  const log = tf.log(tf.add(tf.mul(x, isPositive), tf.sub(1, isPositive)));
  return tf.add(log, tf.mul(tf.sub(isPositive, 1), 1e9));
}
