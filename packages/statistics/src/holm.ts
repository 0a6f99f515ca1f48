/**
 * Holm's step-down correction for several tests, e.g. one comparison per data set.
 *
 * The i-th smallest of m p values is multiplied by m − i + 1. An adjusted p value is at least the previous one and at
 * most 1 (Holm 1979; R's `p.adjust(p, "holm")`). The correction bounds the chance of any false claim under every kind of
 * dependence. It is never weaker than Bonferroni's.
 */

/**
 * @param pValues p values in [0, 1], in any order
 * @returns the adjusted p values, in the given order; reject a hypothesis if its adjusted p value is ≤ α
 * @throws RangeError when an entry lies outside [0, 1]
 */
export function holm(pValues: readonly number[]): number[] {
  pValues.forEach((p, i) => {
    if (!(p >= 0 && p <= 1)) throw new RangeError(`pValues[${i}] must lie in [0, 1], got ${p}`);
  });
  const m = pValues.length;
  const adjusted = new Array<number>(m).fill(0);
  let largest = 0;
  pValues
    .map((p, index) => ({ p, index }))
    .sort((one, other) => one.p - other.p)
    .forEach(({ p, index }, rank) => {
      largest = Math.max(largest, Math.min(1, p * (m - rank)));
      adjusted[index] = largest;
    });
  return adjusted;
}
