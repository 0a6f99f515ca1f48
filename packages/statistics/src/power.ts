/**
 * What a study of n folds × m seeds × c classes a fold can show, by the t test over folds of `classDifference`.
 *
 * The model of a paired difference is: mean + fold + training run + class + rest, each with its own spread. The mean over the
 * study then has the variance (fold² + run² / m + class² / c + rest² / (m c)) / n, and folds − 1 degrees of freedom.
 */
import erfc from '@stdlib/math-base-special-erfc';
import { studentTQuantile } from './student-t.ts';

/** Standard deviations of a paired difference, in points. */
export interface Spreads {
  /** Between folds: other base classes. */
  readonly fold: number;
  /** Between training runs (seeds) of one fold, shared by all classes of the fold. */
  readonly seed: number;
  /** Between classes of one fold, shared by all seeds. */
  readonly class: number;
  /** What is left of one class in one training run: class × run, and the draw of episodes. */
  readonly rest: number;
}

export interface Design {
  readonly folds: number;
  readonly seeds: number;
  /** Novel classes of a fold. */
  readonly classes: number;
}

export interface Power {
  readonly standardError: number;
  /** Half the unadjusted 95 % interval that is expected, in points. */
  readonly halfWidth: number;
  /** The true difference in points that the test finds with the wanted power. */
  readonly difference: number;
  /** The smallest margin in points at which equal methods are found equivalent with the wanted power. */
  readonly margin: number;
}

/**
 * @param alpha level of one test; α over the size of the family is on the safe side of Holm's correction
 * @param power wanted probability of finding what is there, in (alpha, 1)
 * @throws RangeError when there are fewer than two folds
 */
export function powerOf(design: Design, spreads: Spreads, alpha: number, power: number): Power {
  const { folds, seeds, classes } = design;
  if (folds < 2) throw new RangeError(`an interval over folds needs two folds, got ${folds}`);
  const variance =
    (spreads.fold ** 2 +
      spreads.seed ** 2 / seeds +
      spreads.class ** 2 / classes +
      spreads.rest ** 2 / (seeds * classes)) /
    folds;
  const standardError = Math.sqrt(variance);
  return {
    standardError,
    halfWidth: studentTQuantile(0.975, folds - 1) * standardError,
    ...scaled(standardErrorsShown(folds - 1, alpha, power), standardError),
  };
}

type Shown = Pick<Power, 'difference' | 'margin'>;

/** What is shown in standard errors. It takes a tenth of a second, and designs with as many folds share it. */
const known = new Map<string, Shown>();

function standardErrorsShown(degreesOfFreedom: number, alpha: number, power: number): Shown {
  const key = `${degreesOfFreedom} ${alpha} ${power}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const shown = {
    difference: smallest(differencePower(degreesOfFreedom, alpha), power),
    margin: smallest(equivalencePower(degreesOfFreedom, alpha), power),
  };
  known.set(key, shown);
  return shown;
}

function scaled({ difference, margin }: Shown, standardError: number): Shown {
  return { difference: standardError * difference, margin: standardError * margin };
}

/** Power by the true difference, in standard errors. */
function differencePower(degreesOfFreedom: number, alpha: number): (difference: number) => number {
  const critical = studentTQuantile(1 - alpha / 2, degreesOfFreedom);
  const over = overScales(degreesOfFreedom);
  return (difference) =>
    over((scale) => phi(difference - critical * scale) + phi(-difference - critical * scale));
}

/** Power by the margin, in standard errors, where the true difference is 0. */
function equivalencePower(degreesOfFreedom: number, alpha: number): (margin: number) => number {
  const critical = studentTQuantile(1 - alpha, degreesOfFreedom);
  const over = overScales(degreesOfFreedom);
  return (margin) => over((scale) => Math.max(0, 2 * phi(margin - critical * scale) - 1));
}

const INTERVALS = 2000;

/**
 * Expectations over the scale S = √(χ² / ν) of an estimated standard error, by Simpson's rule. The density of S is
 * proportional to s^(ν − 1) exp(−ν s² / 2), which has its largest value near s = 1 and is nothing beyond `end`.
 */
function overScales(degreesOfFreedom: number): (of: (scale: number) => number) => number {
  const end = 1 + 9 / Math.sqrt(degreesOfFreedom);
  const scales = Float64Array.from({ length: INTERVALS + 1 }, (_, i) => (end * i) / INTERVALS);
  const weights = scales.map((scale, i) => {
    // 0 · ln 0 is 0 here: the density of one degree of freedom is not 0 at s = 0.
    const logPower = degreesOfFreedom === 1 ? 0 : (degreesOfFreedom - 1) * Math.log(scale);
    const factor = i === 0 || i === INTERVALS ? 1 : i % 2 === 1 ? 4 : 2;
    return factor * Math.exp(logPower - (degreesOfFreedom * (scale ** 2 - 1)) / 2);
  });
  const mass = weights.reduce((sum, weight) => sum + weight, 0);
  return (of) => weights.reduce((sum, weight, i) => sum + weight * of(scales[i]!), 0) / mass;
}

/** The smallest argument from 0 on at which a rising function reaches `target`, by bisection. */
function smallest(rising: (argument: number) => number, target: number): number {
  let [below, above] = [0, 1];
  while (rising(above) < target) [below, above] = [above, 2 * above];
  while (above - below > 1e-9 * above) {
    const middle = (below + above) / 2;
    if (rising(middle) < target) below = middle;
    else above = middle;
  }
  return above;
}

/** The standard normal distribution function. */
function phi(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}
