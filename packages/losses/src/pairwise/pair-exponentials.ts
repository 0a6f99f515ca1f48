import { type Tensor, type Tensor1D, type Tensor2D, tf, withElementsAt } from '@clce/engine';

/**
 * The exponentials of one block of similarities, split by group.
 *
 * Every similarity is exponentiated once; e^{(1+β)s} is then e^s · e^{βs}, and at the paper's β = 1 a square.
 * |s| <= 1 / τ, so whether exponentials fit in float32 is known before any is taken: they do at the usual
 * temperatures.  Only where they do not is each row shifted by its group's maximum, two reductions more.
 * Masks are 0/1 factors on finite numbers, so nothing can turn into 0 · ∞.
 */
export interface PairBlock {
  /** s = z_i · z_j / τ, [anchors, n]. */
  readonly similarities: Tensor2D;
  /** 1 where the labels are equal and i ≠ j, else 0, [anchors, n]. */
  readonly positive: Tensor2D;
  /** The anchors' own columns, int32 [anchors]. */
  readonly own: Tensor1D;
  readonly temperature: number;
  readonly hardness: number;
}

/** [anchors, n], zero outside their own group; shifts are [anchors, 1], or undefined where none was needed. */
export interface PairExponentials {
  /** exp(s - positiveShift) over P. */
  readonly positive: Tensor;
  /** exp(β (s - negativeShift)) over N; undefined at β = 0, where it is 1. */
  readonly base: Tensor | undefined;
  /** exp((1 + β)(s - negativeShift)) over N. */
  readonly hard: Tensor;
  readonly positiveShift: Tensor | undefined;
  readonly negativeShift: Tensor | undefined;
}

// float32's exponential overflows at e^88.7 and loses digits below e^-87.3; 60 leaves room for sums of 10¹¹ terms.
const SAFE_EXPONENT = 60;

export function exponentiatePairs(block: PairBlock): PairExponentials {
  const { similarities, positive, own, temperature, hardness } = block;
  if ((1 + hardness) / temperature <= SAFE_EXPONENT) {
    return { ...powers(block, similarities), positiveShift: undefined, negativeShift: undefined };
  }
  const negative = withoutOwn(tf.sub(1, positive) as Tensor2D, own);
  const positiveShift = groupMaximum(similarities, positive, temperature);
  const negativeShift = groupMaximum(similarities, negative, temperature);
  const shift = tf.add(tf.mul(positive, positiveShift), tf.mul(negative, negativeShift));
  // Only the pair of an anchor with itself, which has no shift and is masked later, can exceed 0.
  const shifted = tf.minimum<Tensor2D>(tf.sub(similarities, shift), 0);
  return { ...powers(block, shifted), positiveShift, negativeShift };
}

function powers(
  { hardness, positive: mask, own }: PairBlock,
  exponents: Tensor2D,
): Pick<PairExponentials, 'positive' | 'base' | 'hard'> {
  const exponentials = withoutOwn(tf.exp(exponents), own);
  const positive = tf.mul(exponentials, mask);
  // Exact: each entry is either the same number on both sides or a number and zero.
  const ofNegatives = tf.sub(exponentials, positive);
  if (hardness === 0) return { positive, base: undefined, hard: ofNegatives };
  const base =
    hardness === 1
      ? ofNegatives
      : withoutOwn(tf.mul<Tensor2D>(tf.exp(tf.mul(exponents, hardness)), tf.sub(1, mask)), own);
  return { positive, base, hard: tf.mul(base, ofNegatives) };
}

/** Pairs of an anchor with itself become zero: `own` are the anchors' columns. */
export function withoutOwn(pairs: Tensor2D, own: Tensor1D): Tensor2D {
  return withElementsAt(pairs, own, tf.zeros([own.size, 1]));
}

/** The largest similarity of each anchor within `group`; where that is empty, a finite value that no pair uses. */
function groupMaximum(similarities: Tensor2D, group: Tensor, temperature: number): Tensor {
  const outside = tf.mul(tf.sub(group, 1), 4 / temperature);
  return tf.max(tf.add(similarities, outside), 1, true);
}
