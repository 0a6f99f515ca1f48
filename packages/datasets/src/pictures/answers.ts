/** What a folder of pictures can answer, by the rules of its splits, before anything is trained. */
import type { Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { type Divisible, type Holds, mostFolds, splitWithReserve } from '../reserve/split-with-reserve.ts';
import { divisible, WAY } from './split.ts';

/** Whether a question can be answered, and in how many folds or why not. */
export type Answer =
  | { readonly isPossible: true; readonly folds: number }
  | { readonly isPossible: false; readonly why: string };

export interface Answers {
  /** Which loss is better on new pictures of the same classes (`holds: 'samples'`). */
  readonly samples: Answer;
  /** Which loss is better on new classes, of which a few pictures are known (`holds: 'classes'`). */
  readonly classes: Answer;
  /** Both, from the same trainings (without `holds`). */
  readonly both: Answer;
}

/** Units of each class: two fifths of them are the reserve, which has two units in each of two folds. */
const LEAST_UNITS = 10;
/** Pictures of each class for an episode: 5 shots and 15 queries. */
const LEAST_PICTURES = 20;
/** More folds are not proposed. */
const MOST_FOLDS = 8;

/** @param samples with their groups */
export function answersOf(name: string, classNames: readonly string[], samples: readonly Sample[]): Answers {
  const set = divisible(name, classNames, samples);
  const fewUnits = tooSmall(
    classNames,
    unitCounts(set),
    LEAST_UNITS,
    'units (pictures that do not belong together)',
  );
  const fewPictures = tooSmall(classNames, pictureCounts(set), LEAST_PICTURES, 'pictures for an episode');
  const fewClasses =
    classNames.length < 2
      ? `there ${classNames.length === 1 ? 'is 1 class' : 'are no classes'}, and 2 are needed`
      : undefined;
  const needed = leastClasses();
  const fewForEpisodes =
    classNames.length < needed
      ? `${WAY}-way episodes need ${needed} classes, for training, validation and two folds of the reserve, and there are ${classNames.length}`
      : undefined;
  const answer = (holds: Holds | undefined, ...faults: readonly (string | undefined)[]): Answer => {
    const why = faults.find((fault) => fault !== undefined);
    return why === undefined ? possibleFolds(set, holds) : { isPossible: false, why };
  };
  return {
    samples: answer('samples', fewClasses, fewUnits),
    classes: answer('classes', fewClasses, fewForEpisodes, fewPictures),
    both: answer(undefined, fewClasses, fewForEpisodes, fewPictures, fewUnits),
  };
}

function tooSmall(
  classNames: readonly string[],
  counts: readonly number[],
  least: number,
  what: string,
): string | undefined {
  const small = [...counts.keys()].filter((label) => counts[label]! < least);
  if (small.length === 0) return undefined;
  const smallest = small.reduce((one, other) => (counts[other]! < counts[one]! ? other : one));
  return `${small.length} of ${classNames.length} classes have fewer than ${least} ${what}, the smallest ${classNames[smallest]} with ${counts[smallest]}`;
}

function possibleFolds(set: Divisible, holds: Holds | undefined): Answer {
  const isEnough = (sides: Divisible) => holds === 'samples' || hasEpisodes(sides);
  try {
    const development = splitWithReserve(set, { side: 'development', holds });
    if (!isEnough(development)) return { isPossible: false, why: TOO_FEW_LEFT };
    const folds = mostFolds(set, holds, MOST_FOLDS, isEnough);
    if (folds !== undefined) return { isPossible: true, folds };
    // The error of two folds says what is missing.
    for (const fold of [0, 1]) splitWithReserve(set, { side: 'confirmation', folds: 2, fold, holds });
    return { isPossible: false, why: TOO_FEW_LEFT };
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return { isPossible: false, why: error.message.replace(/\.$/, '') };
  }
}

const TOO_FEW_LEFT = `once the reserve is set aside and pictures that belong together are on one side, some fold has fewer than ${WAY} classes of ${LEAST_PICTURES} pictures`;

/** Whether the classes that are held out make 5-way episodes, and others are left to train on. */
function hasEpisodes({ samples, split }: Divisible): boolean {
  const held = [...split.validation, ...split.novel];
  const counts = new Map(held.map((label) => [label, 0]));
  for (const { label, partition } of samples) {
    const count = counts.get(label);
    if (count !== undefined && partition !== 'reserved') counts.set(label, count + 1);
  }
  return (
    split.base.length > 1 &&
    held.length >= WAY &&
    [...counts.values()].every((count) => count >= LEAST_PICTURES)
  );
}

let knownLeast: number | undefined;

/** The smallest number of classes that can be split for episodes, each of them just large enough. */
function leastClasses(): number {
  for (let count = 2 * WAY; knownLeast === undefined; count++) {
    const names = Array.from({ length: count }, (_, label) => `class ${label}`);
    const samples = names.flatMap((_, label) =>
      Array.from({ length: LEAST_PICTURES }, (_, at) => ({
        id: `${label}/${at}`,
        label,
        group: `${label}/${at}`,
      })),
    );
    if (possibleFolds(divisible('classes', names, samples), 'classes').isPossible) knownLeast = count;
  }
  return knownLeast;
}

function pictureCounts({ classNames, samples }: Divisible): number[] {
  const counts = classNames.map(() => 0);
  for (const { label } of samples) counts[label]!++;
  return counts;
}

/** Number of units of each class. A unit of two classes counts in both. */
export function unitCounts({ classNames, samples }: Pick<Divisible, 'classNames' | 'samples'>): number[] {
  const units = classNames.map(() => new Set<string>());
  for (const { label, group } of samples) units[label]!.add(group!);
  return units.map(({ size }) => size);
}
