/**
 * Holm's step-down correction for several tests, e.g. one comparison per data set.
 *
 * The i-th smallest of m p values is multiplied by m − i + 1. An adjusted p value is at least the previous one and at
 * most 1 (Holm 1979; R's `p.adjust(p, "holm")`). The correction bounds the chance of any false claim under every kind of
 * dependence. It is never weaker than Bonferroni's.
 */

/**
 * @param pValues p values in [0, 1], in any order. A test that is missing or undefined (null, NaN) counts as a test with p = 1.
 * @param size number of tests that the plan names; tests beyond the list count with p = 1, so the family never shrinks
 * @returns the adjusted p values, in the given order; reject a hypothesis if its adjusted p value is ≤ α
 * @throws RangeError when an entry lies outside [0, 1], or the list is longer than the family
 */
export function holm(pValues: readonly (number | null)[], size = pValues.length): number[] {
  const known = knownOf(pValues, size);
  const adjusted = new Array<number>(known.length).fill(0);
  let largest = 0;
  known
    .map((p, index) => ({ p, index }))
    .sort((one, other) => one.p - other.p)
    .forEach(({ p, index }, rank) => {
      largest = Math.max(largest, Math.min(1, p * (size - rank)));
      adjusted[index] = largest;
    });
  return adjusted;
}

/**
 * The level at which one test of a family is decided: its adjusted p value is ≤ α exactly when its own is ≤ α / (size − k), where
 * k is the number of other tests that Holm's procedure rejects without it. An interval at this level agrees with the decision.
 *
 * @param at place of the test in `pValues`
 */
export function holmLevel(
  pValues: readonly (number | null)[],
  at: number,
  size: number,
  alpha: number,
): number {
  const others = knownOf(pValues, size)
    .filter((_, index) => index !== at)
    .sort((one, other) => one - other);
  const kept = others.findIndex((p, rank) => p * (size - rank) > alpha);
  return alpha / (size - (kept < 0 ? others.length : kept));
}

function knownOf(pValues: readonly (number | null)[], size: number): number[] {
  if (!Number.isInteger(size) || size < pValues.length) {
    throw new RangeError(`the family has ${size} tests, but ${pValues.length} p values are given`);
  }
  return pValues.map((p, i) => {
    if (p === null || Number.isNaN(p)) return 1;
    if (!(p >= 0 && p <= 1)) throw new RangeError(`pValues[${i}] must lie in [0, 1], got ${p}`);
    return p;
  });
}
