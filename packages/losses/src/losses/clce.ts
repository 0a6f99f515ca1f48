import type { Scalar } from '@clce/engine';
import { blend, type LabelledBatch } from '../blend.ts';
import { defineLoss } from '../loss-definition.ts';
import { complete } from '../parameter.ts';
import * as parameters from '../parameters.ts';
import { referenceClce } from '../reference/clce.ts';
import { type CrossEntropyOptions, crossEntropyOf } from '../terms/cross-entropy.ts';
import { type LaclnOptions, laclnOf } from '../terms/lacln.ts';

/**
 * CLCE (Long et al. 2024, arXiv 2402.14551): L = (1 - λ) L_CE + λ L_LACLN, cross-entropy on the logits and the
 * label-aware contrastive loss with hard negatives on the embeddings.
 */
export interface ClceOptions extends CrossEntropyOptions, LaclnOptions {
  /** λ in [0, 1]; default 0.9. */
  readonly lambda?: number;
}

const { lambda, labelSmoothing, temperature, hardness, form, detachWeights, blockSize } = parameters;
const ofKey = { lambda, labelSmoothing, temperature, hardness, form, detachWeights };

export default defineLoss({
  name: 'clce',
  title: 'CLCE',
  views: 1,
  trainsHead: true,
  parameters: ofKey,
  evaluate: (batch, values) => partsOf(batch, { ...values, blockSize: blockSize.default }),
  reference: (batch, values) => referenceClce(batch, values).value,
});

/**
 * CLCE of one batch: `logits` [n, classes], `embeddings` [n, d] (normalised here), `labels` int32 [n].
 *
 * @throws LossError on an option out of range or shapes that do not fit.
 */
export function clce(batch: LabelledBatch, options: ClceOptions = {}): Scalar {
  return partsOf(batch, complete({ ...ofKey, blockSize }, options)).loss;
}

function partsOf(batch: LabelledBatch, options: Required<ClceOptions>) {
  const crossEntropy = crossEntropyOf(batch, options);
  return blend(options.lambda, batch, crossEntropy, laclnOf(batch.embeddings, batch.labels, options));
}
