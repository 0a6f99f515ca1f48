import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, tf } from '@clce/engine';
import type { AnchorTerm } from './anchor-term.ts';
import { scalarWithGradient, type ValueAndGradient } from './own-gradient.ts';
import { evaluatePairBlock } from './pair-block.ts';

/**
 * The pass that all pairwise losses share: value and gradient of a mean over anchors, in blocks of anchors.
 *
 * A block of b anchors meets all n rows, S = Z_b Zᵀ / τ, and leaves three things behind: its part of the loss, how
 * many of its anchors count, and G = d loss / d S, which goes into dZ at once, as G Z for the anchors and Gᵀ Z_b for
 * everyone they met.  So memory is O(b n) whatever the batch, and only dZ [n, d] is kept for backward.
 *
 * Rows are rotated so that a block's own anchors come first: the pairs of an anchor with itself then lie on
 * the same diagonal in every block, and one mask serves all.
 */
export interface PairwiseOptions {
  readonly temperature: number;
  readonly hardness: number;
  readonly detachWeights: boolean;
  readonly blockSize: number;
}

/**
 * Mean of `term` over the anchors that have a positive; 0, with zero gradient, where none has.
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
  const blockSize = Math.min(options.blockSize, n);
  const notSelf = offDiagonal(blockSize, n);
  const scaled = tf.div(z, options.temperature) as Tensor2D;

  const losses: Tensor[] = [];
  const anchorCounts: Tensor[] = [];
  let sum: Tensor2D | undefined;
  for (let start = 0; start < n; start += blockSize) {
    const size = Math.min(blockSize, n - start);
    const block = tf.tidy(() => {
      const others = rotateRows(z, start);
      const otherLabels = rotateRows(labels, start);
      const { loss, anchors, gradient } = evaluatePairBlock(
        {
          similarities: tf.matMul(tf.slice(scaled, [start, 0], [size, -1]), others, false, true) as Tensor2D,
          negative: differingLabels(tf.slice(labels, [start], [size]), otherLabels),
          notSelf: size === blockSize ? notSelf : tf.slice(notSelf, [0, 0], [size, n]),
          temperature: options.temperature,
          hardness: options.hardness,
        },
        term,
        options.detachWeights,
      );
      const own = tf.slice(others, [0, 0], [size, -1]);
      const toOthers = tf.matMul(gradient, own, true, false) as Tensor2D;
      const both = addToFirstRows(toOthers, tf.matMul(gradient, others) as Tensor2D);
      const inPlace = rotateRows(both, n - start);
      return { loss, anchors, sum: sum ? (tf.add(sum, inPlace) as Tensor2D) : inPlace };
    });
    sum?.dispose();
    losses.push(block.loss);
    anchorCounts.push(block.anchors);
    sum = block.sum;
  }

  const anchors = tf.maximum(total(anchorCounts), 1);
  return {
    value: tf.div(total(losses), anchors) as Scalar,
    gradient: sum!,
    scale: tf.reciprocal(tf.mul(anchors, options.temperature)) as Scalar,
  };
}

/**
 * What a block gives its anchors is added to what it gives all rows at once: in a graph, whatever order its nodes are run
 * in, nothing but a sum [n, d] then waits for the other blocks, where G would.
 */
function addToFirstRows(x: Tensor2D, first: Tensor2D): Tensor2D {
  const [rows] = first.shape;
  if (rows === x.shape[0]) return tf.add(x, first);
  return tf.concat([tf.add(tf.slice(x, [0, 0], [rows, -1]), first), tf.slice(x, [rows, 0])], 0);
}

/** 0 on the leading diagonal of a [rows, columns] matrix, else 1. */
function offDiagonal(rows: number, columns: number): Tensor {
  const row = tf.reshape(tf.range(0, rows, 1, 'int32'), [rows, 1]);
  const column = tf.reshape(tf.range(0, columns, 1, 'int32'), [1, columns]);
  return tf.cast(tf.notEqual(row, column), 'float32');
}

/** 1 where an anchor's label and another row's differ, else 0, [anchors, n]. */
function differingLabels(anchors: Tensor, others: Tensor): Tensor {
  const rows = tf.reshape(anchors, [anchors.size, 1]);
  return tf.cast(tf.notEqual(rows, tf.reshape(others, [1, others.size])), 'float32');
}

/** Row `start` comes first, the rows before it last. */
function rotateRows<T extends Tensor1D | Tensor2D>(x: T, start: number): T {
  const rows = x.shape[0];
  if (start === 0 || start === rows) return x;
  const rest = x.shape.slice(1);
  const zeros = rest.map(() => 0);
  const tail = tf.slice(x, [start, ...zeros], [rows - start, ...rest]);
  return tf.concat([tail, tf.slice(x, [0, ...zeros], [start, ...rest])], 0) as T;
}

function total(scalars: Tensor[]): Tensor {
  return scalars.reduce((sum, scalar) => tf.add(sum, scalar));
}
