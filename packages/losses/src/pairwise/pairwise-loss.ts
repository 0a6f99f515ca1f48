import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, tf, withRowsFrom } from '@clce/engine';
import { scalarWithGradient, type ValueAndGradient } from '../own-gradient.ts';
import type { AnchorTerm } from './anchor-term.ts';
import { evaluatePairBlock } from './pair-block.ts';
import { withoutOwn } from './pair-exponentials.ts';

/**
 * The pass that all pairwise losses share: value and gradient of a mean over anchors, in blocks of anchors.
 *
 * A block of b anchors has the similarities S = Z_b Zᵀ / τ with all n rows. It gives its part of the loss, the number of its
 * anchors with a positive, and G = d loss / d S. G is added to dZ at once: G Z to the anchors' rows, and Gᵀ Z_b to all rows. So
 * memory is O(b n), and only dZ [n, d] is kept for the backward pass.
 */
export interface PairwiseOptions {
  readonly temperature: number;
  readonly hardness: number;
  readonly detachWeights: boolean;
  readonly blockSize: number;
}

/**
 * Mean of `term` over the anchors with a positive, or over the positive pairs. Without any it is 0, with zero gradient.
 *
 * @param unit rows of length at most 1, [n, d]
 * @param labels int32 [n]: equal labels are positives, different ones negatives
 */
export function pairwiseLoss(
  unit: Tensor2D,
  labels: Tensor1D,
  options: PairwiseOptions,
  term: AnchorTerm,
): Scalar {
  return scalarWithGradient(unit, (z) => tf.tidy(() => evaluateInBlocks(z, labels, options, term)));
}

function evaluateInBlocks(
  z: Tensor2D,
  labels: Tensor1D,
  options: PairwiseOptions,
  term: AnchorTerm,
): ValueAndGradient & Record<string, Tensor> {
  const n = z.shape[0];
  const scaled = tf.div(z, options.temperature) as Tensor2D;
  const rows = tf.range(0, n, 1, 'int32');

  const losses: Tensor[] = [];
  const counts: Tensor[] = [];
  let parts: Tensor2D[] = [];
  for (let start = 0; start < n; start += options.blockSize) {
    const size = Math.min(options.blockSize, n - start);
    const block = tf.tidy(() => {
      const own = tf.slice(rows, start, size) as Tensor1D;
      const anchors = tf.slice(z, [start, 0], [size, -1]);
      const { loss, count, gradient } = evaluatePairBlock(
        {
          similarities: tf.matMul(tf.slice(scaled, [start, 0], [size, -1]), z, false, true) as Tensor2D,
          positive: equalLabels(tf.slice(labels, start, size) as Tensor1D, labels, own),
          own,
          temperature: options.temperature,
          hardness: options.hardness,
        },
        term,
        options.detachWeights,
      );
      const toAll = tf.matMul(gradient, anchors, true, false) as Tensor2D;
      const toAnchors = tf.matMul(gradient, z) as Tensor2D;
      return { loss, count, gradient: addToRows(toAll, start, toAnchors) };
    });
    losses.push(block.loss);
    counts.push(block.count);
    // The sums lag one block behind: a graph runs the operators that were made last first, so it finishes a block's sums before it
    // starts the next block.
    if (parts.length === 2) parts = [addUp(parts)];
    parts.push(block.gradient);
  }

  const count = tf.maximum(tf.addN(counts), 1);
  const factor = tf.reciprocal(tf.mul(count, options.temperature));
  return {
    value: tf.div(tf.addN(losses), count) as Scalar,
    gradient: tf.mul(addUp(parts), factor),
    scale: tf.scalar(1),
  };
}

/** Consumes the parts. */
function addUp(parts: Tensor2D[]): Tensor2D {
  const sum = tf.addN(parts);
  tf.dispose(parts);
  return sum;
}

/** `x` [n, d] with `rows` added from row `start` on. */
function addToRows(x: Tensor2D, start: number, rows: Tensor2D): Tensor2D {
  return withRowsFrom(x, start, tf.add(tf.slice(x, [start, 0], rows.shape), rows));
}

/** 1 where another row has an anchor's label, else 0, [anchors, n]; `own` are the anchors' rows. */
function equalLabels(anchors: Tensor1D, all: Tensor1D, own: Tensor1D): Tensor2D {
  const equal = tf.equal(tf.reshape(anchors, [anchors.size, 1]), tf.reshape(all, [1, all.size]));
  return withoutOwn(tf.cast(equal, 'float32') as Tensor2D, own);
}
