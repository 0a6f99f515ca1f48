import { type Scalar, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import { blend } from '../blend.ts';
import { defineLoss } from '../loss-definition.ts';
import { complete } from '../parameter.ts';
import * as parameters from '../parameters.ts';
import { referenceLacln } from '../reference/lacln.ts';
import { type LaclnOptions, laclnOf } from '../terms/lacln.ts';

/**
 * Supervised contrastive loss (Khosla et al. 2020, equation 2, "L_out"): LACLN without hardness weights.
 *
 * ℓ_i = -(1/|P_i|) Σ_{p∈P_i} log( exp(s_ip) / Σ_{a≠i} exp(s_ia) ), averaged over the anchors with a positive. As in the
 * paper, there is no factor τ/τ₀. The authors' code has one.
 */
export type SupConOptions = Pick<LaclnOptions, 'temperature' | 'blockSize'>;

const { temperature, blockSize } = parameters;

export default defineLoss({
  name: 'supcon',
  title: 'SupCon',
  views: 1,
  trainsHead: false,
  parameters: { temperature },
  evaluate(batch, values) {
    const options = { ...values, blockSize: blockSize.default };
    return blend(1, batch, tf.scalar(0), supConOf(batch.embeddings, batch.labels, options));
  },
  reference({ embeddings, labels }, values) {
    const options = { ...values, hardness: 0, form: 'out' as const, detachWeights: false };
    return referenceLacln(embeddings, labels, options).value;
  },
});

/**
 * SupCon of `embeddings` [n, d], normalised here, with `labels` int32 [n].
 *
 * @throws LossError on an option out of range or shapes that do not fit.
 */
export function supCon(embeddings: Tensor2D, labels: Tensor1D, options: SupConOptions = {}): Scalar {
  return supConOf(embeddings, labels, complete({ temperature, blockSize }, options));
}

/** SupCon with all options, already checked. @throws LossError on shapes that do not fit */
export function supConOf(embeddings: Tensor2D, labels: Tensor1D, options: Required<SupConOptions>): Scalar {
  return laclnOf(embeddings, labels, { ...options, hardness: 0, form: 'out', detachWeights: false });
}
