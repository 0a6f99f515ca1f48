import type { Scalar } from '@clce/engine';
import { blend, type LabelledBatch } from '../blend.ts';
import { defineLoss } from '../loss-definition.ts';
import { complete } from '../parameter.ts';
import * as parameters from '../parameters.ts';
import { referenceClce } from '../reference/clce.ts';
import { type CrossEntropyOptions, crossEntropyOf } from '../terms/cross-entropy.ts';
import { type LaclnOptions, laclnOf } from '../terms/lacln.ts';

/**
 * Cross-entropy with SupCon (Gunel et al. 2021): L = (1 - λ) L_CE + λ L_SupCon. It is CLCE without hard
 * negatives, so the difference to CLCE in one form is the effect of hard negatives.
 */
export interface CeSupConOptions
  extends CrossEntropyOptions,
    Pick<LaclnOptions, 'temperature' | 'form' | 'blockSize'> {
  /** λ in [0, 1]; default 0.9, as CLCE's, so that only the weights of negatives differ. */
  readonly lambda?: number;
}

const { lambda, labelSmoothing, temperature, blockSize } = parameters;
/** SupCon as published has the mean outside the logarithm (Khosla et al. 2020, equation 2). */
const form = { ...parameters.form, default: 'out' as const };
const ofKey = { lambda, labelSmoothing, temperature, form };
/** SupCon is LACLN without hardness weights. */
const plain = { hardness: 0, detachWeights: false };

export default defineLoss({
  name: 'ce+supcon',
  title: 'CE + SupCon',
  views: 1,
  trainsHead: true,
  parameters: ofKey,
  evaluate: (batch, values) => partsOf(batch, { ...values, blockSize: blockSize.default }),
  reference: (batch, values) => referenceClce(batch, { ...values, ...plain }).value,
});

/**
 * The blend of one batch: `logits` [n, classes], `embeddings` [n, d] (normalised here), `labels` int32 [n].
 *
 * @throws LossError on an option out of range or shapes that do not fit.
 */
export function ceSupCon(batch: LabelledBatch, options: CeSupConOptions = {}): Scalar {
  return partsOf(batch, complete({ ...ofKey, blockSize }, options)).loss;
}

function partsOf(batch: LabelledBatch, options: Required<CeSupConOptions>) {
  const crossEntropy = crossEntropyOf(batch, options);
  const supCon = laclnOf(batch.embeddings, batch.labels, { ...options, ...plain });
  return blend(options.lambda, batch, crossEntropy, supCon);
}
