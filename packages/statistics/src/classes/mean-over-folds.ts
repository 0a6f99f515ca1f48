/**
 * The mean over classes, with a standard error that treats the fold as the independent unit.
 *
 * Classes of a fold share their training runs and their base classes, so they are dependent. The standard error is the
 * jackknife that leaves out one fold at a time. It needs no model of the dependence inside a fold: effects of fold, seed
 * and class all reach it through the fold's mean. With equal folds it is s / √folds over the means of the folds. With
 * unequal folds it is about right or too large (Bell and McCaffrey 2002; MacKinnon, Nielsen and Webb 2023, CV₃).
 *
 * The degrees of freedom are Satterthwaite's, for two models of the folds' means: variance proportional to 1 / classes (no
 * effect of fold or seed), and equal variance (nothing else). The smaller figure is taken; equal folds have folds − 1 in both.
 */
import { mean } from '../moments.ts';

export interface MeanOverFolds {
  readonly mean: number;
  readonly standardError: number;
  readonly degreesOfFreedom: number;
}

/**
 * @param folds values of the classes of each fold; two or more folds, none of them empty
 * @throws RangeError when there are fewer than two folds, a fold is empty, or a value is not finite
 */
export function meanOverFolds(folds: readonly (readonly number[])[]): MeanOverFolds {
  if (folds.length < 2)
    throw new RangeError(`a standard error over folds needs two folds, got ${folds.length}`);
  const sums = folds.map((fold) => ({ classes: fold.length, sum: fold.length * mean(fold) }));
  const estimate = overClasses(sums);
  const squares = sums.map((_, left) => (overClasses(sums.toSpliced(left, 1)) - estimate) ** 2);
  return {
    mean: estimate,
    standardError: Math.sqrt((folds.length - 1) * mean(squares)),
    degreesOfFreedom: degreesOfFreedom(folds.map(({ length }) => length)),
  };
}

/** The estimate, and with one fold left out its replicate. */
function overClasses(folds: readonly { readonly classes: number; readonly sum: number }[]): number {
  let [sum, classes] = [0, 0];
  for (const fold of folds) {
    sum += fold.sum;
    classes += fold.classes;
  }
  return sum / classes;
}

/** Satterthwaite's degrees of freedom of the jackknife variance, from the numbers of classes of the folds. */
function degreesOfFreedom(sizes: readonly number[]): number {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const weights = sizes.map((size) => size / total);
  const classesAlone = satterthwaite(
    weights,
    weights.map((weight) => 1 / weight),
  );
  const foldsAlone = satterthwaite(
    weights,
    weights.map(() => 1),
  );
  return Math.min(classesAlone, foldsAlone);
}

/**
 * The variance is the quadratic form yᵀBy of the folds' means y, up to a factor. With D = diag((w / (1 − w))²),
 * B = (I − 1wᵀ)ᵀ D (I − 1wᵀ). For means of variance Ω, the degrees of freedom are tr(BΩ)² / tr(BΩBΩ).
 */
function satterthwaite(weights: readonly number[], variances: readonly number[]): number {
  const squares = weights.map((weight) => (weight / (1 - weight)) ** 2);
  const sum = squares.reduce((all, square) => all + square, 0);
  let [trace, traceOfSquare] = [0, 0];
  weights.forEach((weight, f) => {
    weights.forEach((other, g) => {
      const entry =
        (f === g ? squares[f]! : 0) - squares[f]! * other - weight * squares[g]! + sum * weight * other;
      if (f === g) trace += entry * variances[f]!;
      traceOfSquare += entry * entry * variances[f]! * variances[g]!;
    });
  });
  return trace ** 2 / traceOfSquare;
}
