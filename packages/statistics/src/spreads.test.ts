import { describe, expect, it } from 'vitest';
import { type RunValue, spreadsOf } from './spreads.ts';
import { normalDraws } from './testing/normal-draws.ts';

const TRUTH = { fold: 1.5, seed: 0.8, class: 3, rest: 2 };

/** A study by the model of the spreads. @param sizes number of classes of each fold */
function study(sizes: readonly number[], seeds: number, draw: () => number): RunValue[] {
  return sizes.flatMap((classes, fold) => {
    const ofFold = 50 + TRUTH.fold * draw();
    const runs = Array.from({ length: seeds }, () => TRUTH.seed * draw());
    return Array.from({ length: classes }, (_, k) => {
      const ofClass = TRUTH.class * draw();
      return runs.map((run, seed) => ({
        ...{ fold: `${fold}`, class: `${fold}-${k}`, seed },
        value: ofFold + run + ofClass + TRUTH.rest * draw(),
      }));
    }).flat();
  });
}

const mean = (sample: readonly number[]) => sample.reduce((sum, value) => sum + value, 0) / sample.length;

describe('spreadsOf', () => {
  it('is the analysis of variance of a balanced design, written out', () => {
    const [F, n, S] = [5, 6, 3];
    const values = study(Array(F).fill(n), S, normalDraws(4));
    const of = (wanted: Partial<RunValue>) =>
      values.filter((one) =>
        Object.entries(wanted).every(([key, value]) => one[key as keyof RunValue] === value),
      );
    const m = (wanted: Partial<RunValue>) => mean(of(wanted).map(({ value }) => value));
    let [ssFold, ssRun, ssClass, ssRest] = [0, 0, 0, 0];
    for (let f = 0; f < F; f++) {
      const fold = `${f}`;
      ssFold += n * S * (m({ fold }) - m({})) ** 2;
      for (let seed = 0; seed < S; seed++) ssRun += n * (m({ fold, seed }) - m({ fold })) ** 2;
      for (let k = 0; k < n; k++) {
        const label = `${f}-${k}`;
        ssClass += S * (m({ class: label }) - m({ fold })) ** 2;
        for (let seed = 0; seed < S; seed++) {
          const residual = m({ class: label, seed }) - m({ class: label }) - m({ fold, seed }) + m({ fold });
          ssRest += residual ** 2;
        }
      }
    }
    const [msFold, msRun] = [ssFold / (F - 1), ssRun / (F * (S - 1))];
    const [msClass, msRest] = [ssClass / (F * (n - 1)), ssRest / (F * (n - 1) * (S - 1))];
    const found = spreadsOf(values)!;
    expect(found.rest ** 2).toBeCloseTo(msRest, 9);
    expect(found.seed ** 2).toBeCloseTo(Math.max(0, (msRun - msRest) / n), 9);
    expect(found.class ** 2).toBeCloseTo((msClass - msRest) / S, 9);
    expect(found.fold ** 2).toBeCloseTo(Math.max(0, (msFold - msRun - msClass + msRest) / (n * S)), 9);
  });

  it('finds the true spreads on average, with folds of unequal sizes', () => {
    const draw = normalDraws(1);
    const studies = Array.from(
      { length: 300 },
      () => spreadsOf(study([9, 14, 10, 18, 11, 12, 15, 8], 2, draw))!,
    );
    for (const part of ['fold', 'seed', 'class', 'rest'] as const) {
      const found = Math.sqrt(mean(studies.map((one) => one[part] ** 2)));
      expect(Math.abs(found / TRUTH[part] - 1), part).toBeLessThan(0.05);
    }
  });

  it('has no rest where parts add up, and no spread without any', () => {
    const additive = [0, 1, 2].flatMap((fold) =>
      [0, 1, 2, 3].flatMap((k) =>
        [0, 1].map((seed) => ({
          ...{ fold: `${fold}`, class: `${fold}-${k}`, seed },
          value: 10 * fold + 3 * k + (fold + 1) * seed,
        })),
      ),
    );
    const found = spreadsOf(additive)!;
    expect(found.rest).toBeCloseTo(0, 6);
    expect(found.class).toBeCloseTo(Math.sqrt(15), 9);
    expect(found.seed).toBeCloseTo(Math.sqrt(mean([1, 4, 9].map((square) => square / 2))), 9);
    const constant = additive.map((one) => ({ ...one, value: 7 }));
    expect(spreadsOf(constant)).toEqual({ fold: 0, seed: 0, class: 0, rest: 0 });
  });

  it('is not known with one fold, one seed or one class', () => {
    const draw = normalDraws(2);
    expect(spreadsOf(study([5], 2, draw))).toBeNull();
    expect(spreadsOf(study([5, 5], 1, draw))).toBeNull();
    expect(spreadsOf(study([5, 1], 2, draw))).toBeNull();
  });

  it('refuses a class with other seeds than its fold, or with one twice', () => {
    const values = study([3, 3], 2, normalDraws(3));
    expect(() => spreadsOf(values.slice(1))).toThrow('class "0-0" of fold "0" has no seed 0');
    expect(() => spreadsOf([...values, values[0]!])).toThrow('class "0-0" of fold "0" has seed 0 twice');
  });
});
