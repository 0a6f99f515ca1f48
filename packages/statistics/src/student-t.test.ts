import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { studentTQuantile, studentTTwoSidedP } from './student-t.ts';

const relativeError = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.abs(expected);

describe("Student's t", () => {
  // python3 -c "from scipy.stats import t; from scipy.optimize import brentq
  //   print(repr(-brentq(lambda x: t.cdf(x, DF) - (1 - P), -50, 0, xtol=1e-15, rtol=1e-15)))"
  // Not t.ppf: in SciPy 1.10.1 t.cdf(t.ppf(0.95, 30), 30) misses 0.95 by 7e-10.
  it.each([
    [0.975, 1, 12.706204736174692],
    [0.975, 2, 4.302652729749461],
    [0.975, 4, 2.7764451051977934],
    [0.975, 9, 2.2621571627982044],
    [0.975, 14, 2.1447866879178035],
    [0.995, 4, 4.604094871349992],
    [0.95, 30, 1.6972608865939574],
    [0.975, 599, 1.9639322489452784],
    [0.975, 1999, 1.9611514201705618],
  ])('quantile of %d at %d degrees of freedom is SciPy’s', (probability, degreesOfFreedom, expected) => {
    expect(relativeError(studentTQuantile(probability, degreesOfFreedom), expected)).toBeLessThan(1e-14);
  });

  it('has the closed-form quantiles at one degree of freedom (Cauchy) and at two', () => {
    for (const p of [0.6, 0.9, 0.975, 0.995]) {
      expect(relativeError(studentTQuantile(p, 1), Math.tan(Math.PI * (p - 0.5)))).toBeLessThan(1e-14);
      const atTwo = (2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p)));
      expect(relativeError(studentTQuantile(p, 2), atTwo)).toBeLessThan(1e-12);
    }
  });

  // python3 -c "from scipy.stats import t; print(repr(2 * t.sf(abs(T), DF)))"
  it.each([
    [0, 5, 1.0],
    [1, 1, 0.49999999999999956],
    [2.5, 4, 0.06676654481198813],
    [-2.5, 4, 0.06676654481198813],
    [4.0621, 9, 0.002833007840390158],
    [12, 2, 0.00687293367715846],
    [40, 30, 1.3726045194406362e-27],
    [1.96, 1999, 0.050134530577596946],
  ])('two-sided p of t = %d at %d degrees of freedom is SciPy’s', (t, degreesOfFreedom, expected) => {
    expect(relativeError(studentTTwoSidedP(t, degreesOfFreedom), expected)).toBeLessThan(1e-14);
  });

  it('is its own inverse', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5001, max: 0.9999, noNaN: true }),
        fc.integer({ min: 1, max: 3000 }),
        (p, df) => {
          const t = studentTQuantile(p, df);
          expect(relativeError(studentTTwoSidedP(t, df), 2 * (1 - p))).toBeLessThan(1e-11);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  it('refuses a probability of 1, no degrees of freedom and an infinite t', () => {
    expect(() => studentTQuantile(1, 3)).toThrow('strictly between 0 and 1');
    expect(() => studentTQuantile(0.9, 0)).toThrow('degrees of freedom must be > 0, got 0');
    expect(() => studentTTwoSidedP(Number.POSITIVE_INFINITY, 3)).toThrow('t must be finite');
  });
});
