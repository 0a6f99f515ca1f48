/**
 * The reserve: classes and groups that confirm a finding. No choice is made on them.
 *
 * A group is what the samples of many classes have in common: an author, a character. Classes and groups are crossed, so one
 * training has unseen classes for few-shot episodes and unseen groups of the trained classes for the head.
 */
import { inHashOrder } from '../drawings/deal.ts';
import { type CountedGroup, dealStratified } from './deal-stratified.ts';

/** What a set says of itself so that it can be split with a reserve. */
export interface Reservable {
  /** Labels of related classes, each class in one family. No split divides a family. */
  readonly families: readonly (readonly number[])[];
  /** Groups whose results have been seen. They stay out of the reserve. */
  readonly seenGroups: readonly string[];
  /**
   * Whether groups are dealt class by class, and no group is on two sides. Absent: classes and groups are crossed, so that a group of
   * tested classes may be trained on in other classes.
   */
  readonly stratified?: boolean;
}

/** Share of the classes and of the groups that are reserved, where enough of them are unseen and no family is too large. */
const RESERVED_SHARE = 0.4;

/** Share of the groups that development validates on. */
const VALIDATION_SHARE = 0.15;

/** A larger family stays out of the reserve. Otherwise a fold could be variations of one theme. */
const LARGEST_RESERVED_FAMILY = 8;

/** Version of all rules of this file. It is part of the key of every cell that uses a reserve. */
export const RESERVE_RULE = 1;

/** Part of every hash, chosen before any model saw the reserve. */
export const SALT = `reserve-${RESERVE_RULE}`;

/**
 * Families of the reserve, in the order in which they were dealt.
 *
 * @param families labels of related classes
 * @param seen labels of classes whose results have been seen
 * @param nameOf name of a label; names alone decide, so that sizes and packages of other classes do not matter
 */
export function reservedFamilies(
  families: readonly (readonly number[])[],
  seen: ReadonlySet<number>,
  nameOf: (label: number) => string,
): number[][] {
  const wanted = Math.round(families.flat().length * RESERVED_SHARE);
  const unseen = families.filter(
    (family) => family.length <= LARGEST_RESERVED_FAMILY && !family.some((label) => seen.has(label)),
  );
  const reserved: number[][] = [];
  let count = 0;
  for (const family of inHashOrder(unseen, SALT, ([first]) => nameOf(first!))) {
    if (count + family.length > wanted) continue;
    reserved.push([...family]);
    count += family.length;
  }
  return reserved;
}

/** Families that are not reserved and may be held out in a fold of development, in the order of a hash. */
export function foldedFamilies(
  families: readonly (readonly number[])[],
  reserved: ReadonlySet<number>,
  nameOf: (label: number) => string,
): (readonly number[])[] {
  const free = families.filter(
    (family) => family.length <= LARGEST_RESERVED_FAMILY && !family.some((label) => reserved.has(label)),
  );
  return inHashOrder(free, SALT, ([first]) => nameOf(first!));
}

/** Groups by what they are for in development, in the order of a hash. */
export interface DealtGroups {
  readonly training: readonly string[];
  readonly validation: readonly string[];
  readonly reserved: readonly string[];
}

/** @param groups all groups of a set */
export function dealGroups(groups: readonly string[], seenGroups: readonly string[]): DealtGroups {
  const order = inHashOrder([...new Set(groups)].sort(), SALT, (group) => group);
  const unseen = order.filter((group) => !seenGroups.includes(group));
  const reserved = unseen.slice(0, Math.round(order.length * RESERVED_SHARE));
  const rest = order.filter((group) => !reserved.includes(group));
  const validating = Math.round(order.length * VALIDATION_SHARE);
  return {
    training: rest.slice(validating),
    validation: rest.slice(0, validating),
    reserved,
  };
}

/**
 * The same for groups that are dealt class by class. Each class has a group for training, one for validation and two in the reserve
 * before the shares count.
 */
export function dealGroupsByClass(groups: readonly CountedGroup[]): DealtGroups {
  const [training, validation, reserved] = dealStratified(groups, [
    { share: 1 - RESERVED_SHARE - VALIDATION_SHARE, least: 1 },
    { share: VALIDATION_SHARE, least: 1 },
    { share: RESERVED_SHARE, least: 2 },
  ]);
  return { training: training!, validation: validation!, reserved: reserved! };
}

/**
 * Deals families of classes, or single groups, into folds of nearly equal sizes: the largest family first, each to the smallest fold.
 *
 * @param families in the order of a hash
 */
export function dealFolds<Member>(families: readonly (readonly Member[])[], count: number): Member[][] {
  const folds = Array.from({ length: count }, (): Member[] => []);
  for (const family of families.toSorted((one, other) => other.length - one.length)) {
    folds.reduce((smallest, fold) => (fold.length < smallest.length ? fold : smallest)).push(...family);
  }
  return folds;
}
