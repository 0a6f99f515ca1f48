/**
 * Holm's step-down correction for several tests at once, e.g. one comparison a dataset.
 *
 * The i-th smallest of m p values is multiplied by m − i + 1, a later one is never allowed below an earlier one, and
 * none exceeds 1 (Holm 1979; R's `p.adjust(p, "holm")`). It bounds the chance of any false claim under every kind of
 * dependence and is never weaker than Bonferroni's correction.
 */

/**
 * @param pValues p values in [0, 1], in any order
 * @returns the adjusted p values, in the order given; reject where one is ≤ α
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
