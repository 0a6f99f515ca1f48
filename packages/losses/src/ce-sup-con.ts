import type { Scalar } from '@clce/engine';
import { blend, type LabelledBatch } from './blend.ts';
import { type CrossEntropyOptions, crossEntropyOf } from './cross-entropy.ts';
import type { LossParts } from './loss-definition.ts';
import * as parameters from './parameters.ts';
import { type SupConOptions, supCon } from './sup-con.ts';

/**
 * Cross-entropy with SupCon (Gunel et al. 2021): L = (1 - λ) L_CE + λ L_SupCon.  CLCE without its hard negatives, so
 * the row that says how much of CLCE's gain they make.
 */
export interface CeSupConOptions extends CrossEntropyOptions, SupConOptions {
  /** λ in [0, 1]; default 0.9, as CLCE's, so that the two differ in the negatives alone. */
  readonly lambda?: number;
}

/**
 * The blend for one batch: `logits` [n, classes], `embeddings` [n, d] (normalised here), `labels` int32 [n].
 *
 * @throws LossError on an option out of range or shapes that do not fit.
 */
export function ceSupCon(batch: LabelledBatch, options: CeSupConOptions = {}): Scalar {
  return ceSupConParts(batch, options).loss;
}

/** The same with its two terms. */
export function ceSupConParts(batch: LabelledBatch, options: CeSupConOptions): LossParts {
  const lambda = parameters.lambda.check(options.lambda ?? parameters.lambda.default);
  const crossEntropy = crossEntropyOf(batch, options);
  const contrastive = supCon(batch.embeddings, batch.labels, options);
  const loss = blend(lambda, batch, { crossEntropy: () => crossEntropy, contrastive: () => contrastive });
  return { loss, crossEntropy, contrastive };
}
