import type { Scalar } from '@clce/engine';
import { blend, type LabelledBatch } from './blend.ts';
import { type CrossEntropyOptions, crossEntropyOf } from './cross-entropy.ts';
import { type LaclnOptions, lacln } from './lacln.ts';
import type { LossParts } from './loss-definition.ts';
import * as parameters from './parameters.ts';

/**
 * CLCE (Long et al. 2024, arXiv 2402.14551): L = (1 - λ) L_CE + λ L_LACLN, cross-entropy on the logits and the
 * label-aware contrastive loss with hard negatives on the embeddings.
 */
export interface ClceOptions extends CrossEntropyOptions, LaclnOptions {
  /** λ in [0, 1]; default 0.9. */
  readonly lambda?: number;
}

/**
 * CLCE of one batch: `logits` [n, classes], `embeddings` [n, d] (normalised here), `labels` int32 [n].
 *
 * @throws LossError on an option out of range or shapes that do not fit.
 */
export function clce(batch: LabelledBatch, options: ClceOptions = {}): Scalar {
  return clceParts(batch, options).loss;
}

/** The same with its two terms. */
export function clceParts(batch: LabelledBatch, options: ClceOptions): LossParts {
  const lambda = parameters.lambda.check(options.lambda ?? parameters.lambda.default);
  const crossEntropy = crossEntropyOf(batch, options);
  const contrastive = lacln(batch.embeddings, batch.labels, options);
  const loss = blend(lambda, batch, { crossEntropy: () => crossEntropy, contrastive: () => contrastive });
  return { loss, crossEntropy, contrastive };
}
