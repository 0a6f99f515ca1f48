/**
 * How much of the gradient falls on the hardest negatives.
 *
 * With s_k = cosine / τ over an anchor's negatives, w = softmax(βs) and p = softmax((1 + β) s), LACLN's derivative with respect to s_k
 * is proportional to p_k + β (p_k − w_k): the share of the negative, and its effect on the hardness weights of all others
 * (packages/losses/src/terms/lacln.ts). The factor is the same for all negatives of an anchor and does not depend on its positives.
 */

/** A tenth. */
const HARDEST = 0.1;

/**
 * Share of Σ |dℓ/ds_k| that the hardest tenth of the negatives has, rounded up to whole negatives.
 *
 * @param cosines of the anchor with its negatives; at least one
 */
export function shareOfHardest(cosines: readonly number[], temperature: number, hardness: number): number {
  const hardestFirst = cosines.toSorted((a, b) => b - a);
  const p = softmax(hardestFirst.map((cosine) => ((1 + hardness) * cosine) / temperature));
  const w = softmax(hardestFirst.map((cosine) => (hardness * cosine) / temperature));
  const sizes = p.map((share, k) => Math.abs(share + hardness * (share - w[k]!)));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return sum(sizes.slice(0, Math.ceil(HARDEST * sizes.length))) / sum(sizes);
}

function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
