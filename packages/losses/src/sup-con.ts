import type { Scalar, Tensor1D, Tensor2D } from '@clce/engine';
import { type LaclnOptions, lacln } from './lacln.ts';

/**
 * Supervised contrastive loss (Khosla et al. 2020, equation 2, "L_out"): LACLN without hardness weights.
 *
 * ℓ_i = -(1/|P_i|) Σ_{p∈P_i} log( exp(s_ip) / Σ_{a≠i} exp(s_ia) ), averaged over the anchors with a positive.  There is no
 * τ/τ₀ factor, which the authors' code has and their paper has not.
 */
export type SupConOptions = Pick<LaclnOptions, 'temperature' | 'blockSize'>;

/**
 * SupCon of `embeddings` [n, d], normalised here, with `labels` int32 [n].
 *
 * @throws LossError on an option out of range or shapes that do not fit.
 */
export function supCon(embeddings: Tensor2D, labels: Tensor1D, options: SupConOptions = {}): Scalar {
  return lacln(embeddings, labels, { ...options, hardness: 0, form: 'out', detachWeights: false });
}
