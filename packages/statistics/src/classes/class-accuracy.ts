/** Accuracies of two methods by fold, class and seed, paired where both methods have the class in the same training run. */
import { mean } from '../moments.ts';

/** Accuracy of one class in one training run. A training run is a fold and a seed. */
export interface ClassAccuracy {
  readonly fold: string;
  /** A class is novel in exactly one fold. */
  readonly class: string;
  readonly seed: number;
  /** In percent. */
  readonly accuracy: number;
}

/** Both accuracies of a class in percent, each the mean over the seeds of both methods. */
export interface PairedClass {
  readonly a: number;
  readonly b: number;
  /** Mean of a − b over the seeds, in points. */
  readonly difference: number;
}

export interface PairedClasses {
  /** The classes of each fold that both methods have. No fold is empty. */
  readonly folds: readonly (readonly PairedClass[])[];
  /** Training runs with a pair. */
  readonly runs: number;
  /** Accuracies of one method alone. They are left out. */
  readonly unpaired: number;
  /** Whether each pair has two equal accuracies. */
  readonly identical: boolean;
}

/**
 * @returns folds and classes in the order of their names, so that the order of the input changes nothing
 * @throws RangeError when an accuracy is not finite or is given twice, or a class lies in two folds
 */
export function pairClasses(a: readonly ClassAccuracy[], b: readonly ClassAccuracy[]): PairedClasses {
  const foldOfClass = new Map<string, string>();
  const [ofA, ofB] = [byClass(a, 'a', foldOfClass), byClass(b, 'b', foldOfClass)];
  const folds = new Map<string, PairedClass[]>();
  const runs = new Map<string, Set<number>>();
  let [pairs, identical] = [0, true];
  for (const name of [...ofA.keys()].sort()) {
    const seeds = [...ofA.get(name)!].sort(([one], [other]) => one - other);
    const paired = seeds.flatMap(([seed, accuracy]) => {
      const other = ofB.get(name)?.get(seed);
      return other === undefined ? [] : [{ seed, a: accuracy, b: other }];
    });
    if (paired.length === 0) continue;
    const fold = foldOfClass.get(name)!;
    folds.set(fold, [...(folds.get(fold) ?? []), overSeeds(paired)]);
    runs.set(fold, new Set([...(runs.get(fold) ?? []), ...paired.map(({ seed }) => seed)]));
    pairs += paired.length;
    identical &&= paired.every((pair) => pair.a === pair.b);
  }
  return {
    folds: [...folds.keys()].sort().map((fold) => folds.get(fold)!),
    runs: [...runs.values()].reduce((sum, { size }) => sum + size, 0),
    unpaired: a.length + b.length - 2 * pairs,
    identical,
  };
}

/** Accuracies by class and seed. Adds the folds of the classes to `foldOfClass`. */
function byClass(
  accuracies: readonly ClassAccuracy[],
  name: string,
  foldOfClass: Map<string, string>,
): Map<string, Map<number, number>> {
  const classes = new Map<string, Map<number, number>>();
  accuracies.forEach(({ fold, class: label, seed, accuracy }, at) => {
    const place = () => `${name}[${at}] (fold "${fold}", class "${label}", seed ${seed})`;
    if (!Number.isFinite(accuracy)) {
      throw new RangeError(`${place()} is ${accuracy}; only finite accuracies are accepted`);
    }
    const before = foldOfClass.get(label) ?? fold;
    if (before !== fold) {
      throw new RangeError(`${place()} lies in fold "${before}", too; a class has one fold`);
    }
    foldOfClass.set(label, fold);
    const seeds = classes.get(label) ?? new Map<number, number>();
    classes.set(label, seeds);
    if (seeds.has(seed)) {
      throw new RangeError(`${place()} is there twice; a class has one accuracy a training run`);
    }
    seeds.set(seed, accuracy);
  });
  return classes;
}

function overSeeds(pairs: readonly { readonly a: number; readonly b: number }[]): PairedClass {
  return {
    a: mean(pairs.map(({ a }) => a)),
    b: mean(pairs.map(({ b }) => b)),
    difference: mean(pairs.map(({ a, b }) => a - b)),
  };
}
