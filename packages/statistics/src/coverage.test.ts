/**
 * 2,000 simulated studies: intervals cover a planted difference at their nominal rate and tests keep their level where
 * there is none, each within two standard errors of a share of 2,000.
 */
import { describe, expect, it } from 'vitest';
import { doublingTrend } from './doubling-trend.ts';
import { pairedDifference } from './paired-difference.ts';
import { normalDraws } from './testing/normal-draws.ts';

const STUDIES = 2000;
const PLANTED = 1.2;

/** Share of the studies for which `study` holds. */
function share(seed: number, study: (normal: () => number) => boolean): number {
  const normal = normalDraws(seed);
  let held = 0;
  for (let i = 0; i < STUDIES; i++) held += Number(study(normal));
  return held / STUDIES;
}

function expectShare(actual: number, nominal: number): void {
  expect(Math.abs(actual - nominal)).toBeLessThan(2 * Math.sqrt((nominal * (1 - nominal)) / STUDIES));
}

/** Two methods over `n` seeds: a shared effect of the seed, the planted difference, noise of their own. */
function twoMethods(normal: () => number, n: number, difference: number): [number[], number[]] {
  const shared = Array.from({ length: n }, () => 70 + 3 * normal());
  return [shared.map((value) => value + difference + normal()), shared.map((value) => value + normal())];
}

const within = (lower: number, value: number, upper: number): boolean => lower <= value && value <= upper;

describe('over 2,000 simulated studies', () => {
  it.each([3, 5, 10])('the paired t interval of %d seeds covers a planted difference in 95 %', (n) => {
    const covered = share(n, (normal) => {
      const { interval } = pairedDifference(...twoMethods(normal, n, PLANTED));
      return interval.kind === 'interval' && within(interval.lower, PLANTED, interval.upper);
    });
    expectShare(covered, 0.95);
  });

  it('the interval of a trend over seeds covers a planted slope in 95 %', () => {
    const batches = [16, 64, 256, 1024];
    const ofSeeds = share(22, (normal) => {
      const seeds = Array.from({ length: 5 }, () => {
        const start = 60 + 3 * normal();
        return batches.map((batchSize) => ({
          batchSize,
          value: start + 0.4 * Math.log2(batchSize) + normal(),
        }));
      });
      const trend = doublingTrend(seeds);
      return trend.kind === 'interval' && within(trend.lower, 0.4, trend.upper);
    });
    expectShare(ofSeeds, 0.95);
  });

  it('the paired t test rejects equal methods in 5 %', () => {
    const rejected = share(31, (normal) => {
      const { test } = pairedDifference(...twoMethods(normal, 5, 0));
      return test.kind === 'tested' && test.pValue <= 0.05;
    });
    expectShare(rejected, 0.05);
  });
});
