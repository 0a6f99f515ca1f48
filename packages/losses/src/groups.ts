import { type Scalar, type Tensor, tf } from '@clce/engine';
import type { LabelledBatch, LossParts } from './blend.ts';
import type { LossDefinition, LossParameters } from './loss-definition.ts';
import { notAllowed } from './loss-error.ts';

/**
 * The loss of a batch that is cut into contrastive groups: the mean of the losses of the groups. A sample is compared with the
 * samples of its own group alone.
 *
 * The groups are equal parts of the batch's samples, in the order of the batch. Both views of a sample are in one group. Since the
 * groups are equal, cross-entropy is its mean over the whole batch. One group is the plain loss, with the same graph.
 *
 * @param parameters all parameters, already checked
 * @throws LossError where the samples are no multiple of `groups`, or on shapes that do not fit
 */
export function evaluateInGroups(
  { evaluate, views }: Pick<LossDefinition, 'evaluate' | 'views'>,
  batch: LabelledBatch,
  parameters: LossParameters,
  groups: number,
): LossParts {
  if (groups === 1) return evaluate(batch, parameters);
  const rows = batch.embeddings.shape[0];
  if (!Number.isSafeInteger(groups) || groups < 1 || rows % (views * groups) !== 0) {
    throw notAllowed('groups', groups, `a number of equal groups of ${rows / views} samples`);
  }
  const parts = cut(batch, views, groups).map((group) => evaluate(group, parameters));
  const mean = (part: keyof LossParts) => tf.div(tf.addN(parts.map((one) => one[part])), groups) as Scalar;
  return { loss: mean('loss'), crossEntropy: mean('crossEntropy'), contrastive: mean('contrastive') };
}

function cut(
  { logits, embeddings, labels, minority }: LabelledBatch,
  views: number,
  groups: number,
): LabelledBatch[] {
  const partsOf = <T extends Tensor>(rows: T): T[] => {
    // The gradient of a split is one concatenation. The gradient of each slice would be a matrix of the batch's size.
    const parts = tf.split<Tensor>(rows, views * groups) as T[];
    if (views === 1) return parts;
    return parts.slice(0, groups).map((first, group) => tf.concat<T>([first, parts[groups + group]!], 0));
  };
  const ofLogits = partsOf(logits);
  const ofEmbeddings = partsOf(embeddings);
  const ofLabels = partsOf(labels);
  const ofMinority = minority && partsOf(minority.labels);
  return ofLabels.map((own, group) => ({
    logits: ofLogits[group]!,
    embeddings: ofEmbeddings[group]!,
    labels: own,
    ...(ofMinority && { minority: { labels: ofMinority[group]!, share: minority.share } }),
  }));
}
