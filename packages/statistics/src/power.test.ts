import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Design, type Power, powerOf, type Spreads } from './power.ts';

interface Case extends Design {
  readonly spreads: Spreads;
  readonly alpha: number;
  readonly power: number;
  readonly expected: Power;
}

const fixture = new URL('../../../fixtures/statistics/power.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { readonly cases: readonly Case[] };

describe('powerOf', () => {
  it.each(cases)(
    'is SciPy’s for $folds folds, $seeds seeds, $classes classes',
    ({ spreads, alpha, power, expected, ...design }) => {
      const actual = powerOf(design, spreads, alpha, power);
      for (const figure of ['standardError', 'halfWidth', 'difference', 'margin'] as const) {
        expect(Math.abs(actual[figure] / expected[figure] - 1)).toBeLessThan(1e-5);
      }
    },
  );

  it('gains nothing from seeds where classes alone spread, and nothing from classes where folds alone spread', () => {
    const alone = { fold: 0, seed: 0, class: 0, rest: 0 };
    const of = (design: Design, spreads: Partial<Spreads>) =>
      powerOf(design, { ...alone, ...spreads }, 0.05, 0.8);
    const design = { folds: 8, seeds: 1, classes: 10 };
    expect(of({ ...design, seeds: 9 }, { class: 2 })).toEqual(of(design, { class: 2 }));
    expect(of({ ...design, classes: 90 }, { fold: 2 })).toEqual(of(design, { fold: 2 }));
    expect(of({ ...design, seeds: 4 }, { seed: 2 }).difference).toBeCloseTo(
      of(design, { seed: 1 }).difference,
      9,
    );
  });

  it('refuses one fold', () => {
    expect(() =>
      powerOf({ folds: 1, seeds: 2, classes: 5 }, { fold: 1, seed: 1, class: 1, rest: 1 }, 0.05, 0.8),
    ).toThrow('an interval over folds needs two folds, got 1');
  });
});
