/** A simulated study: accuracies of two methods with known effects of fold, training run and class on their difference. */
import type { ClassAccuracy } from '@clce/statistics';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export interface Scenario {
  /** Novel classes of each fold. */
  readonly folds: readonly number[];
  readonly seeds: number;
  /** Standard deviations of a paired difference, in points. */
  readonly spreads: {
    readonly fold: number;
    readonly seed: number;
    readonly class: number;
    readonly rest: number;
  };
  /** True difference in points. */
  readonly difference: number;
  /** Whether the last training run of the first fold is missing. */
  readonly missingRun?: boolean;
}

/** Mean accuracy of the second method in percent, and its standard deviation between classes in points. */
const LEVEL = 60;
const LEVEL_SPREAD = 3;

export interface Study {
  readonly a: readonly ClassAccuracy[];
  readonly b: readonly ClassAccuracy[];
}

export function simulateStudy(scenario: Scenario, normal: () => number): Study {
  const { folds, seeds, spreads, difference, missingRun = false } = scenario;
  const [a, b]: [ClassAccuracy[], ClassAccuracy[]] = [[], []];
  folds.forEach((classes, fold) => {
    const ofFold = difference + spreads.fold * normal();
    const ofRun = Array.from({ length: seeds }, () => spreads.seed * normal());
    for (let k = 0; k < classes; k++) {
      const ofClass = spreads.class * normal();
      const level = LEVEL + LEVEL_SPREAD * normal();
      for (let seed = 0; seed < seeds; seed++) {
        const half = (ofFold + ofRun[seed]! + ofClass + spreads.rest * normal()) / 2;
        if (missingRun && fold === 0 && seed === seeds - 1) continue;
        const place = { fold: `${fold}`, class: `${fold}-${k}`, seed };
        // The ceiling is so far away that no accuracy reaches it.
        a.push({ ...place, accuracy: level + half });
        b.push({ ...place, accuracy: level - half });
      }
    }
  });
  return { a, b };
}

/** Standard normal numbers by Box and Muller. */
export function normals(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    return radius * Math.cos(2 * Math.PI * uniformFloat64(random));
  };
}
