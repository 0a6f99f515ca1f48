import type { Dataset, Partition, Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { dealFolds, dealGroups, reservedFamilies } from './deal-reserve.ts';

/**
 * - `development`: everything but the reserve. Validation classes and validation groups choose settings.
 * - `confirmation`: the reserved classes and the reserved groups are dealt into folds. The classes of one fold are novel and its groups
 *   are for testing. All other classes are base classes, and all other groups are for training.
 */
export type ReserveSide =
  | { readonly side: 'development' }
  | {
      readonly side: 'confirmation';
      /** Number of folds. */
      readonly folds: number;
      /** The fold that is held out, from 0 on. */
      readonly fold: number;
    };

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
    throw new DatasetError(
      `${name} cannot be split with a reserve: its families of classes or its groups of samples are not known; use icons or typefaces, or leave "split" out.`,
    );
  }
  const seen = new Set([...official.validation, ...official.novel]);
  const families = reservedFamilies(reservable.families, seen, (label) => classNames[label]!);
  const groups = dealGroups(
    samples.map((sample) => groupOf(sample)!),
    reservable.seenGroups,
  );
  const reserved = new Set(families.flat());
  const development = classNames.map((_, label) => label).filter((label) => !reserved.has(label));
  if (side.side === 'development') {
    const validation = new Set(official.validation);
    const partitionOf = (sample: Sample): Partition => {
      const group = groupOf(sample)!;
      if (reserved.has(sample.label) || groups.reserved.includes(group)) return 'reserved';
      return validation.has(sample.label) || groups.validation.includes(group) ? 'validation' : 'train';
    };
    const base = development.filter((label) => !validation.has(label));
    return divided(dataset, { base, validation: official.validation, novel: [] }, partitionOf);
  }
  const { folds, fold } = side;
  const most = Math.min(families.length, groups.reserved.length);
  if (folds < 2 || folds > most) {
    throw new DatasetError(
      `${name} has ${families.length} reserved families of classes and ${groups.reserved.length} reserved groups, which make 2 to ${most} folds, not ${folds}.`,
    );
  }
  if (!(fold >= 0 && fold < folds)) {
    throw new DatasetError(
      `${name}: ${folds} folds are numbered from 0 to ${folds - 1}; there is no fold ${fold}.`,
    );
  }
  const novel = dealFolds(families, folds)[fold]!.sort((one, other) => one - other);
  const tested = dealFolds(
    groups.reserved.map((group) => [group]),
    folds,
  )[fold]!;
  const base = classNames.map((_, label) => label).filter((label) => !novel.includes(label));
  return divided(dataset, { base, validation: [], novel }, (sample) =>
    novel.includes(sample.label) || tested.includes(groupOf(sample)!) ? 'test' : 'train',
  );
}

function divided(
  dataset: Dataset,
  split: Dataset['split'],
  partitionOf: (sample: Sample) => Partition,
): Dataset {
  const samples = dataset.samples.map((sample) => ({ ...sample, partition: partitionOf(sample) }));
  return { ...dataset, split, samples };
}
