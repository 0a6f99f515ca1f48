import type { Dataset, Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { dealFolds, dealGroups, foldedFamilies, reservedFamilies } from './deal-reserve.ts';

/**
 * - `development`: everything but the reserve. Without folds, the official validation classes and some groups are for validation.
 *   With folds, the classes of small families and the groups are dealt into folds, and one fold is for validation.
 * - `confirmation`: the reserved classes and the reserved groups are dealt into folds. The classes of one fold are novel and its groups
 *   are for testing. All other classes are base classes, and all other groups are for training.
 */
export type ReserveSide =
  | { readonly side: 'development'; readonly folds?: undefined; readonly fold?: undefined }
  | ReserveFold;

export interface ReserveFold {
  readonly side: 'development' | 'confirmation';
  /** Number of folds. */
  readonly folds: number;
  /** The fold that is held out, from 0 on. */
  readonly fold: number;
}

/** The group of a sample: its author, or its character without regard to case. Undefined where a set has neither. */
export function groupOf({ author, character }: Sample): string | undefined {
  return author ?? character?.toLowerCase();
}

/**
 * The data set with the sides of a split with a reserve in place of its official split.
 *
 * Samples that the side may not see are `reserved`: in development, those of a reserved class or a reserved group.
 *
 * @throws DatasetError where the set cannot be split so, or has too few reserved classes for the folds
 */
export function splitWithReserve(dataset: Dataset, side: ReserveSide): Dataset {
  const { name, classNames, samples, split: official, reservable } = dataset;
  if (reservable === undefined || samples.some((sample) => groupOf(sample) === undefined)) {
    throw notReservable(name);
  }
  const seen = new Set([...official.validation, ...official.novel]);
  const nameOf = (label: number) => classNames[label]!;
  const families = reservedFamilies(reservable.families, seen, nameOf);
  const groups = dealGroups(
    samples.map((sample) => groupOf(sample)!),
    reservable.seenGroups,
  );
  const reserved = new Set(families.flat());
  const labels = classNames.map((_, label) => label);
  if (side.side === 'confirmation') {
    const held = heldOut(name, side, families, groups.reserved);
    return divided(dataset, 'test', held, labels, () => false);
  }
  const rest = labels.filter((label) => !reserved.has(label));
  const isReserved = (sample: Sample) =>
    reserved.has(sample.label) || groups.reserved.includes(groupOf(sample)!);
  const held =
    side.folds === undefined
      ? { classes: official.validation, groups: groups.validation }
      : heldOut(name, side, foldedFamilies(reservable.families, reserved, nameOf), [
          ...groups.validation,
          ...groups.training,
        ]);
  return divided(dataset, 'validation', held, rest, isReserved);
}

/** The error for a set without families of classes or groups of samples; a set of official files has neither. */
export function notReservable(name: string): DatasetError {
  return new DatasetError(
    `${name} cannot be split with a reserve: its families of classes or its groups of samples are not known; use icons or typefaces, or leave "split" out.`,
  );
}

interface HeldOut {
  readonly classes: readonly number[];
  readonly groups: readonly string[];
}

function heldOut(
  name: string,
  { side, folds, fold }: ReserveFold,
  families: readonly (readonly number[])[],
  groups: readonly string[],
): HeldOut {
  const most = Math.min(families.length, groups.length);
  if (folds < 2 || folds > most) {
    throw new DatasetError(
      `${name} has ${families.length} families of classes and ${groups.length} groups for ${side}, which make 2 to ${most} folds, not ${folds}.`,
    );
  }
  if (!(fold >= 0 && fold < folds)) {
    throw new DatasetError(
      `${name}: ${folds} folds are numbered from 0 to ${folds - 1}; there is no fold ${fold}.`,
    );
  }
  return {
    classes: dealFolds(families, folds)[fold]!.sort((one, other) => one - other),
    groups: dealFolds(
      groups.map((group) => [group]),
      folds,
    )[fold]!,
  };
}

/** @param labels all classes that the side may use */
function divided(
  dataset: Dataset,
  side: 'validation' | 'test',
  { classes, groups }: HeldOut,
  labels: readonly number[],
  isReserved: (sample: Sample) => boolean,
): Dataset {
  const isHeld = (sample: Sample) => classes.includes(sample.label) || groups.includes(groupOf(sample)!);
  const samples = dataset.samples.map((sample): Sample => {
    const partition = isReserved(sample) ? 'reserved' : isHeld(sample) ? side : 'train';
    return { ...sample, partition };
  });
  const base = labels.filter((label) => !classes.includes(label));
  const [validation, novel] = side === 'validation' ? [classes, []] : [[], classes];
  return { ...dataset, samples, split: { base, validation, novel } };
}
