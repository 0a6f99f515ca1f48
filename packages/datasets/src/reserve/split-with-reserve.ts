import type { Dataset, Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import {
  dealFolds,
  dealGroups,
  dealGroupsByClass,
  foldedFamilies,
  type Reservable,
  reservedFamilies,
  SALT,
} from './deal-reserve.ts';
import { countedGroups, dealStratified } from './deal-stratified.ts';

/** What a side holds out: classes alone, samples of trained classes alone, or both, where it is absent. */
export type Holds = 'classes' | 'samples';

/**
 * - `development`: everything but the reserve. Without folds, the official validation classes and some groups are for validation.
 *   With folds, the classes of small families and the groups are dealt into folds, and one fold is for validation.
 * - `confirmation`: the reserved classes and the reserved groups are dealt into folds. The classes of one fold are novel and its groups
 *   are for testing. All other classes are base classes, and all other groups are for training.
 *
 * With `holds: 'classes'` no group is reserved or held out, and with `holds: 'samples'` no class.
 */
export type ReserveSide =
  | {
      readonly side: 'development';
      readonly folds?: undefined;
      readonly fold?: undefined;
      readonly holds?: Holds | undefined;
    }
  | ReserveFold;

export interface ReserveFold {
  readonly side: 'development' | 'confirmation';
  /** Number of folds. */
  readonly folds: number;
  /** The fold that is held out, from 0 on. */
  readonly fold: number;
  readonly holds?: Holds | undefined;
}

/** The group of a sample: its author, its character without regard to case, or its unit. Undefined where a set has none. */
export function groupOf({ author, character, group }: Sample): string | undefined {
  return author ?? character?.toLowerCase() ?? group;
}

/** What a split needs to know of a data set. */
export type Divisible = Pick<Dataset, 'name' | 'classNames' | 'samples' | 'split' | 'reservable'>;

/**
 * The data set with the sides of a split with a reserve in place of its official split.
 *
 * Samples that the side may not see are `reserved`: in development, those of a reserved class or a reserved group. In a set whose groups
 * are never on two sides, samples of a trained class are `reserved`, too, where their group has samples of a class that is held out.
 *
 * @throws DatasetError where the set cannot be split so, or has too few reserved classes or groups for the folds
 */
export function splitWithReserve<Split extends Divisible>(dataset: Split, side: ReserveSide): Split {
  const { name, classNames, samples, split: official, reservable } = dataset;
  if (reservable === undefined || samples.some((sample) => groupOf(sample) === undefined)) {
    throw notReservable(name);
  }
  const holds = { classes: side.holds !== 'samples', samples: side.holds !== 'classes' };
  const seen = new Set([...official.validation, ...official.novel]);
  const nameOf = (label: number) => classNames[label]!;
  const families = holds.classes ? reservedFamilies(reservable.families, seen, nameOf) : [];
  const groups = holds.samples ? dealtGroups(samples, reservable) : NO_GROUPS;
  const reserved = new Set(families.flat());
  const labels = classNames.map((_, label) => label);
  if (side.side === 'confirmation') {
    const held = heldOut(dataset, side, families, groups.reserved);
    return divided(dataset, side, held, { labels, isReserved: () => false });
  }
  const rest = labels.filter((label) => !reserved.has(label));
  const reservedGroups = new Set([
    ...groups.reserved,
    ...(reservable.stratified === true ? groupsWith(samples, ({ label }) => reserved.has(label)) : []),
  ]);
  const isReserved = (sample: Sample) => reserved.has(sample.label) || reservedGroups.has(groupOf(sample)!);
  const held =
    side.folds === undefined
      ? { classes: holds.classes ? official.validation : [], groups: groups.validation }
      : heldOut(dataset, side, holds.classes ? foldedFamilies(reservable.families, reserved, nameOf) : [], [
          ...groups.validation,
          ...groups.training,
        ]);
  return divided(dataset, side, held, { labels: rest, isReserved });
}

const NO_GROUPS = { training: [], validation: [], reserved: [] } as const;

function dealtGroups(samples: readonly Sample[], { stratified, seenGroups }: Reservable) {
  if (stratified === true) return dealGroupsByClass(countedGroups(samples, groupOf, SALT));
  return dealGroups(
    samples.map((sample) => groupOf(sample)!),
    seenGroups,
  );
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
  { name, samples, reservable }: Divisible,
  { side, folds, fold, holds }: ReserveFold,
  families: readonly (readonly number[])[],
  groups: readonly string[],
): HeldOut {
  const kinds = [
    ...(holds === 'samples' ? [] : [{ count: families.length, what: 'families of classes' }]),
    ...(holds === 'classes' ? [] : [{ count: groups.length, what: 'groups' }]),
  ];
  const most = Math.min(...kinds.map(({ count }) => count));
  if (folds < 2 || folds > most) {
    const there = kinds.map(({ count, what }) => `${count} ${what}`).join(' and ');
    const possible = most < 2 ? 'make no folds' : `make 2 to ${most} folds`;
    throw new DatasetError(`${name} has ${there} for ${side}, which ${possible}, not ${folds}.`);
  }
  if (!(fold >= 0 && fold < folds)) {
    throw new DatasetError(
      `${name}: ${folds} folds are numbered from 0 to ${folds - 1}; there is no fold ${fold}.`,
    );
  }
  const classes = holds === 'samples' ? [] : dealFolds(families, folds)[fold]!;
  return {
    classes: classes.sort((one, other) => one - other),
    groups: holds === 'classes' ? [] : groupsOfFold(samples, reservable!, groups, folds, fold),
  };
}

function groupsOfFold(
  samples: readonly Sample[],
  { stratified }: Reservable,
  groups: readonly string[],
  folds: number,
  fold: number,
): readonly string[] {
  if (stratified !== true) {
    return dealFolds(
      groups.map((group) => [group]),
      folds,
    )[fold]!;
  }
  const names = new Set(groups);
  const counted = countedGroups(samples, groupOf, SALT).filter(({ name }) => names.has(name));
  return dealStratified(
    counted,
    Array.from({ length: folds }, () => ({ share: 1 / folds, least: 1 })),
  )[fold]!;
}

/** The samples of a side. */
interface Use {
  /** All classes that the side may use. */
  readonly labels: readonly number[];
  readonly isReserved: (sample: Sample) => boolean;
}

function divided<Divided extends Divisible>(
  dataset: Divided,
  { side, holds }: ReserveSide,
  { classes, groups }: HeldOut,
  { labels, isReserved }: Use,
): Divided {
  const held = side === 'confirmation' ? 'test' : 'validation';
  const [heldClasses, heldGroups] = [new Set(classes), new Set(groups)];
  const isHeldClass = ({ label }: Sample) => heldClasses.has(label);
  const isStratified = dataset.reservable?.stratified === true;
  // Trained on, they would show what is held out.
  const crossing = isStratified
    ? groupsWith(dataset.samples, (sample) => isHeldClass(sample) && !isReserved(sample))
    : new Set<string>();
  const samples = dataset.samples.map((sample): Sample => {
    const group = groupOf(sample)!;
    if (isReserved(sample)) return { ...sample, partition: 'reserved' };
    if (isHeldClass(sample) || heldGroups.has(group)) return { ...sample, partition: held };
    return { ...sample, partition: crossing.has(group) ? 'reserved' : 'train' };
  });
  const base = labels.filter((label) => !heldClasses.has(label));
  const [validation, novel] = held === 'validation' ? [classes, []] : [[], classes];
  const sides = { ...dataset, samples, split: { base, validation, novel } };
  if (isStratified) requireSound(sides, side, held, holds);
  return sides;
}

/** Groups of the samples that meet a condition. */
function groupsWith(samples: readonly Sample[], holds: (sample: Sample) => boolean): Set<string> {
  return new Set(samples.filter(holds).map((sample) => groupOf(sample)!));
}

/**
 * Checks the final sides: no group is on two of them, and no class lacks a side.
 *
 * @throws DatasetError naming the class whose samples all belong together
 */
function requireSound(
  { name, classNames, samples, split }: Divisible,
  side: ReserveSide['side'],
  held: 'test' | 'validation',
  holds: Holds | undefined,
): void {
  const groups = { train: new Set<string>(), held: new Set<string>() };
  const classes = { train: new Set<number>(), held: new Set<number>() };
  for (const sample of samples) {
    if (sample.partition === 'reserved') continue;
    const on = sample.partition === held ? 'held' : 'train';
    groups[on].add(groupOf(sample)!);
    classes[on].add(sample.label);
  }
  const twice = [...groups.train].find((group) => groups.held.has(group));
  if (twice !== undefined) throw new Error(`${name}: ${twice} is on the train side and on the ${held} side`);
  const lacking = (labels: readonly number[], on: 'train' | 'held') => {
    const label = labels.find((one) => !classes[on].has(one));
    if (label === undefined) return;
    const where = on === 'train' ? 'train' : held;
    throw new DatasetError(
      `${name}: class ${classNames[label]} has no samples on the ${where} side of ${side}: it has too few, or too many of them belong together; add some, ask for fewer folds, or leave the class out.`,
    );
  };
  lacking(split.base, 'train');
  if (holds !== 'classes') lacking(split.base, 'held');
  lacking([...split.validation, ...split.novel], 'held');
}

/**
 * The largest number of folds of confirmation that a set can be split into; undefined where even two are too many.
 *
 * @param most the largest number that is tried
 * @param isEnough whether the sides of a fold serve their purpose; all do by default
 */
export function mostFolds(
  dataset: Divisible,
  holds: Holds | undefined,
  most = 8,
  isEnough: (fold: Divisible) => boolean = () => true,
): number | undefined {
  for (let folds = most; folds >= 2; folds--) {
    try {
      const all = Array.from({ length: folds }, (_, fold) =>
        splitWithReserve(dataset, { side: 'confirmation', folds, fold, ...(holds && { holds }) }),
      );
      if (all.every(isEnough)) return folds;
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error;
    }
  }
  return undefined;
}
