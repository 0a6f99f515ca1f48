import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Difference } from './classes/class-difference.ts';
import { differenceInterval } from './classes/class-difference.ts';
import { holm, holmLevel } from './holm.ts';
import { type Comparison, judge } from './verdict.ts';

const compared = (difference: number, standardError: number, degreesOfFreedom = 7): Comparison => ({
  difference: { kind: 'estimated', difference, standardError, degreesOfFreedom },
  margin: 1,
  trainedEnough: true,
});
const verdictsOf = (comparisons: readonly Comparison[], planned = comparisons.length) =>
  judge(comparisons, planned).map(({ verdict }) => verdict);

const mirrored = ({ difference, ...rest }: Comparison): Comparison => ({
  ...rest,
  difference:
    difference.kind === 'estimated' ? { ...difference, difference: -difference.difference } : difference,
});
const MIRROR: Readonly<Record<string, string>> = {
  better: 'worse',
  worse: 'better',
  'better by less than the margin': 'worse by less than the margin',
  'worse by less than the margin': 'better by less than the margin',
};

const anyComparison: fc.Arbitrary<Comparison> = fc.oneof(
  fc
    .tuple(
      fc.double({ min: -3, max: 3, noNaN: true }),
      fc.double({ min: 0.05, max: 1.5, noNaN: true }),
      fc.integer({ min: 1, max: 15 }),
    )
    .map(([difference, standardError, df]) => compared(difference, standardError, df)),
  fc.constantFrom<Comparison>(
    { difference: { kind: 'identical', difference: 0 }, margin: 1, trainedEnough: true },
    {
      difference: { kind: 'undefined', difference: null, reason: 'no class of both methods' },
      margin: 1,
      trainedEnough: true,
    },
    { ...compared(2, 0.1), trainedEnough: false },
  ),
);

describe('judge', () => {
  it.each([
    [2, 0.3, 'better'],
    [-2, 0.3, 'worse'],
    [0.5, 0.1, 'better by less than the margin'],
    [-0.5, 0.1, 'worse by less than the margin'],
    [0.05, 0.2, 'equivalent'],
    [-0.05, 0.2, 'equivalent'],
    [0.8, 0.6, 'undecided'],
  ])('%d ± %d points at a margin of 1: %s', (difference, standardError, verdict) => {
    expect(verdictsOf([compared(difference, standardError)])).toEqual([verdict]);
  });

  it('finds one method under two names equivalent, with p = 1 for a difference', () => {
    const [judged] = judge(
      [{ difference: { kind: 'identical', difference: 0 }, margin: 1, trainedEnough: true }],
      1,
    );
    expect(judged).toMatchObject({
      verdict: 'equivalent',
      differenceTest: { p: 1, adjustedP: 1 },
      unadjustedInterval: { lower: 0, upper: 0 },
      smallestMargin: 0,
    });
  });

  it('keeps the planned size: missing, undefined and untrained comparisons count with p = 1', () => {
    const clear = compared(2, 0.5);
    const missing: Comparison = {
      difference: { kind: 'undefined', difference: null, reason: 'no class of both methods' },
      margin: 1,
      trainedEnough: true,
    };
    const untrained = { ...compared(5, 0.01), trainedEnough: false };
    const alone = judge([clear], 3)[0]!;
    const beside = judge([missing, clear, untrained], 3);
    expect(beside[1]).toEqual(alone);
    expect(alone.familySize).toBe(6);
    expect(alone.differenceTest.adjustedP).toBeCloseTo(6 * alone.differenceTest.p!, 12);
    expect(beside[0]).toMatchObject({ verdict: 'undecided', differenceTest: { p: null, adjustedP: 1 } });
    expect(beside[2]).toMatchObject({
      verdict: 'not trained enough to compare',
      differenceTest: { p: null, adjustedP: 1 },
      equivalenceTest: { p: null, adjustedP: 1 },
      smallestMargin: null,
    });
    // p = 0.005: found in a family of two tests, not in one of twelve.
    expect(verdictsOf([clear], 1)).toEqual(['better']);
    expect(verdictsOf([clear], 6)).toEqual(['undecided']);
  });

  it('refuses more comparisons than planned', () => {
    expect(() => judge([compared(1, 1), compared(1, 1)], 1)).toThrow(
      'the family has 2 tests, but 4 p values are given',
    );
  });

  it('agrees with its adjusted p values, and with the interval and the smallest margin at Holm’s level', () => {
    fc.assert(
      fc.property(
        fc.array(anyComparison, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 2 }),
        (comparisons, absent) => {
          const judged = judge(comparisons, comparisons.length + absent);
          const pValues = judged.flatMap(({ differenceTest, equivalenceTest }) => [
            differenceTest.p,
            equivalenceTest.p,
          ]);
          judged.forEach(({ verdict, differenceTest, equivalenceTest, smallestMargin }, at) => {
            const differs = differenceTest.adjustedP <= 0.05;
            const agrees = equivalenceTest.adjustedP <= 0.05;
            expect(/^(better|worse)/.test(verdict)).toBe(differs);
            expect(/equivalent|less than the margin/.test(verdict)).toBe(agrees);
            const comparison = comparisons[at]!;
            if (!comparison.trainedEnough || comparison.difference.kind === 'undefined') return;
            if (Math.abs(equivalenceTest.adjustedP - 0.05) < 1e-9) return;
            const level = holmLevel(pValues, 2 * at + 1, 2 * (comparisons.length + absent), 0.05);
            const { lower, upper } = differenceInterval(comparison.difference, 1 - 2 * level)!;
            expect(lower > -1 && upper < 1).toBe(agrees);
            expect(smallestMargin! < 1).toBe(agrees);
          });
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  it('mirrors the verdicts of exchanged methods', () => {
    fc.assert(
      fc.property(fc.array(anyComparison, { maxLength: 5 }), (comparisons) => {
        const forth = verdictsOf(comparisons);
        expect(verdictsOf(comparisons.map(mirrored))).toEqual(
          forth.map((verdict) => MIRROR[verdict] ?? verdict),
        );
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('labels the interval as unadjusted: it does not move with the family', () => {
    const difference: Difference = compared(2, 0.3).difference;
    for (const planned of [1, 5, 50]) {
      const [{ unadjustedInterval }] = judge([compared(2, 0.3)], planned) as [
        ReturnType<typeof judge>[number],
      ];
      expect(unadjustedInterval).toEqual(differenceInterval(difference, 0.95));
    }
  });
});

describe('holmLevel', () => {
  it('is the largest p value that Holm’s procedure rejects, the other tests as they are', () => {
    const p = fc.double({ min: 0, max: 0.2, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(p, { minLength: 1, maxLength: 8 }),
        fc.nat(3),
        fc.nat(7),
        (pValues, absent, place) => {
          const at = place % pValues.length;
          const size = pValues.length + absent;
          const level = holmLevel(pValues, at, size, 0.05);
          const adjusted = (value: number) => holm(pValues.with(at, value), size)[at]!;
          expect(adjusted(level * (1 - 1e-9))).toBeLessThanOrEqual(0.05);
          expect(adjusted(level * (1 + 1e-9))).toBeGreaterThan(0.05);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});
