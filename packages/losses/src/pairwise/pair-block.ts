import { type Tensor, tf } from '@clce/engine';
import type { AnchorGradient, AnchorStatistics, AnchorTerm } from './anchor-term.ts';
import { logWhere } from './log-space.ts';
import { exponentiatePairs, type PairBlock, type PairExponentials } from './pair-exponentials.ts';

/** One block of anchors and the whole batch: the loss of the anchors, and the gradient at every pair. */
export interface PairBlockResult {
  /** Σ ℓ over the anchors that have a positive, a scalar. */
  readonly loss: Tensor;
  /** Number of losses that the mean is over, a float32 scalar: of anchors with a positive, or of positive pairs. */
  readonly count: Tensor;
  /** d loss / d s, [anchors, n]. */
  readonly gradient: Tensor;
}

/** `detachWeights` makes the hardness weights constants for the gradient. */
export function evaluatePairBlock(
  block: PairBlock,
  term: AnchorTerm,
  detachWeights: boolean,
): PairBlockResult {
  const pairs = exponentiatePairs(block);
  const sums: RowSums = {
    positive: tf.sum(pairs.positive, 1, true),
    base: pairs.base && tf.sum(pairs.base, 1, true),
    hard: tf.sum(pairs.hard, 1, true),
  };
  const statistics = describeAnchors(block, pairs, sums, term);
  const derivatives = term.evaluate(statistics);
  const loss = tf.sum(tf.mul(derivatives.loss, statistics.hasPositive));
  const delayed =
    derivatives.logPositive === undefined
      ? { ...derivatives, atPositives: after(loss, derivatives.atPositives) }
      : { ...derivatives, logPositive: after(loss, derivatives.logPositive) };
  return {
    loss,
    count: tf.sum(term.meanOver === undefined ? statistics.hasPositive : statistics.positives),
    gradient: gradientAtPairs(block, pairs, sums, statistics, delayed, detachWeights),
  };
}

/** [anchors, 1]. */
interface RowSums {
  readonly positive: Tensor;
  readonly base: Tensor | undefined;
  readonly hard: Tensor;
}

function describeAnchors(
  block: PairBlock,
  pairs: PairExponentials,
  sums: RowSums,
  term: AnchorTerm,
): AnchorStatistics {
  const { similarities, positive } = block;
  const positives = tf.sum(positive, 1, true);
  const negatives = tf.sub(similarities.shape[1] - 1, positives);
  const hasPositive = tf.minimum(positives, 1);
  const hasNegative = tf.minimum(negatives, 1);
  const logPositive = logWhere(hasPositive, sums.positive);
  const logNegative = tf.sub(logWhere(hasNegative, sums.hard), logWhere(hasNegative, sums.base ?? negatives));
  let meanPositive: Tensor | undefined;
  if (term.needsMeanPositive) {
    const sum = tf.sum(tf.mul(similarities, positive), 1, true);
    meanPositive = tf.div(sum, tf.maximum(positives, 1));
  }
  return {
    ...{ similarities, positive },
    positives,
    negatives,
    hasPositive,
    hasNegative,
    logPositive: pairs.positiveShift ? tf.add(logPositive, pairs.positiveShift) : logPositive,
    meanPositive,
    logNegative: pairs.negativeShift ? tf.add(logNegative, pairs.negativeShift) : logNegative,
  };
}

/**
 * `x`, which the graph computes after the finite `first`. Otherwise a runtime may compute `first` at the end, and would keep the
 * similarities of every block until then.
 */
function after(first: Tensor, x: Tensor): Tensor {
  return tf.add(x, tf.mul(first, 0));
}

/** Applies the chain rule from an anchor's statistics to its pairs. Anchors without a positive get zeros. */
function gradientAtPairs(
  { positive, hardness }: PairBlock,
  pairs: PairExponentials,
  sums: RowSums,
  { positives, hasPositive, hasNegative }: AnchorStatistics,
  derivatives: AnchorGradient,
  detachWeights: boolean,
): Tensor {
  /** The factor that makes a derivative of a group's entries: softmax is entry / sum. An empty sum counts as 1. */
  const perEntry = (derivative: Tensor, sum: Tensor, present: Tensor) =>
    tf.div(tf.mul(derivative, tf.mul(hasPositive, present)), tf.add(sum, tf.sub(1, present)));

  let gradient =
    derivatives.logPositive === undefined
      ? derivatives.atPositives
      : tf.mul(pairs.positive, perEntry(derivatives.logPositive, sums.positive, hasPositive));
  if (derivatives.meanPositive) {
    const uniform = perEntry(derivatives.meanPositive, positives, hasPositive);
    gradient = tf.add(gradient, tf.mul(positive, uniform));
  }
  const hardPower = detachWeights ? 1 : 1 + hardness;
  const hardFactor = perEntry(tf.mul(derivatives.logNegative, hardPower), sums.hard, hasNegative);
  gradient = tf.add(gradient, tf.mul(pairs.hard, hardFactor));
  if (pairs.base && sums.base && !detachWeights) {
    const baseFactor = perEntry(tf.mul(derivatives.logNegative, hardness), sums.base, hasNegative);
    gradient = tf.sub(gradient, tf.mul(pairs.base, baseFactor));
  }
  return gradient;
}
