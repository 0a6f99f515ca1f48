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
  const [ofA, ofB] = [indexed(a, 'a'), indexed(b, 'b')];
  const folds = new Map<string, Map<string, [number, number][]>>();
  const foldOf = new Map<string, string>();
  const runs = new Set<string>();
  let pairs = 0;
  for (const key of [...ofA.keys()].sort()) {
    const [one, other] = [ofA.get(key)!, ofB.get(key)];
    if (other === undefined) continue;
    pairs++;
    runs.add(JSON.stringify([one.fold, one.seed]));
    const classes = folds.get(one.fold) ?? new Map<string, [number, number][]>();
    folds.set(one.fold, classes);
    classes.set(one.class, [...(classes.get(one.class) ?? []), [one.accuracy, other.accuracy]]);
  }
  for (const { fold, class: name } of [...a, ...b]) {
    const before = foldOf.get(name) ?? fold;
    if (before !== fold) {
      throw new RangeError(
        `class "${name}" lies in the folds "${before}" and "${fold}"; a class has one fold`,
      );
    }
    foldOf.set(name, fold);
  }
  const paired = [...folds.values()].map((classes) => [...classes.values()].map(overSeeds));
  return {
    folds: paired,
    runs: runs.size,
    unpaired: ofA.size + ofB.size - 2 * pairs,
    identical: [...folds.values()].every((classes) =>
      [...classes.values()].flat().every(([one, other]) => one === other),
    ),
  };
}

function indexed(accuracies: readonly ClassAccuracy[], name: string): Map<string, ClassAccuracy> {
  const index = new Map<string, ClassAccuracy>();
  for (const [at, entry] of accuracies.entries()) {
    const place = `${name}[${at}] (fold "${entry.fold}", class "${entry.class}", seed ${entry.seed})`;
    if (!Number.isFinite(entry.accuracy)) {
      throw new RangeError(`${place} is ${entry.accuracy}; only finite accuracies are accepted`);
    }
    const key = JSON.stringify([entry.fold, entry.class, entry.seed]);
    if (index.has(key))
      throw new RangeError(`${place} is there twice; a class has one accuracy a training run`);
    index.set(key, entry);
  }
  return index;
}

function overSeeds(pairs: readonly (readonly [number, number])[]): PairedClass {
  return {
    a: mean(pairs.map(([a]) => a)),
    b: mean(pairs.map(([, b]) => b)),
    difference: mean(pairs.map(([a, b]) => a - b)),
  };
}
