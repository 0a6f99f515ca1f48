import { type Tensor, type Tensor1D, type Tensor2D, tf, withElementsAt } from '@clce/engine';

/**
 * Exponentials of one block of similarities, for positives and negatives.
 *
 * Each similarity is exponentiated once: e^{(1+β)s} is e^s · e^{βs}, and a square at the paper's β = 1. |s| ≤ 1 / τ decides in
 * advance whether exponentials fit in float32. At the usual temperatures they do. Otherwise each row is shifted by the maximum of
 * its group, which takes two more reductions. Masks are factors 0 or 1 of finite numbers, so 0 · ∞ cannot occur.
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

/** Exponentials [anchors, n] are zero outside their group. Shifts [anchors, 1] are undefined if none was needed. */
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

// float32 overflows at e^88.7 and loses digits below e^-87.3. A limit of 60 leaves room for sums of 10¹¹ terms.
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
  // Only the pair of an anchor with itself can exceed 0: it has no shift, and is masked later.
  const shifted = tf.minimum<Tensor2D>(tf.sub(similarities, shift), 0);
  return { ...powers(block, shifted), positiveShift, negativeShift };
}

function powers(
  { hardness, positive: mask, own }: PairBlock,
  exponents: Tensor2D,
): Pick<PairExponentials, 'positive' | 'base' | 'hard'> {
  const exponentials = withoutOwn(tf.exp(exponents), own);
  const positive = tf.mul(exponentials, mask);
  // This is exact: each entry is a sum of two equal numbers, or of a number and zero.
  const ofNegatives = tf.sub(exponentials, positive);
  if (hardness === 0) return { positive, base: undefined, hard: ofNegatives };
  const base =
    hardness === 1
      ? ofNegatives
      : withoutOwn(tf.mul<Tensor2D>(tf.exp(tf.mul(exponents, hardness)), tf.sub(1, mask)), own);
  return { positive, base, hard: tf.mul(base, ofNegatives) };
}

/** Sets the pairs of an anchor with itself to zero. `own` are the anchors' columns. */
export function withoutOwn(pairs: Tensor2D, own: Tensor1D): Tensor2D {
  return withElementsAt(pairs, own, tf.zeros([own.size, 1]));
}

/** The largest similarity of each anchor within `group`; for an empty group, a finite value that no pair uses. */
function groupMaximum(similarities: Tensor2D, group: Tensor, temperature: number): Tensor {
  const outside = tf.mul(tf.sub(group, 1), 4 / temperature);
  return tf.max(tf.add(similarities, outside), 1, true);
}
