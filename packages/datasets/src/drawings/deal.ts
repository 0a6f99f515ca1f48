import { createHash } from 'node:crypto';
import type { ClassSplit } from '../dataset.ts';

/** Names of the classes on each side of a few-shot split, each side sorted. */
export type NamedSplit = {
  base: string[];
  validation: string[];
  novel: string[];
};

/** Shares of the classes, equal to miniImageNet's 64 / 16 / 20 classes (Ravi & Larochelle, ICLR 2017). */
const NOVEL_SHARE = 0.2;
const VALIDATION_SHARE = 0.16;

/** A larger family goes to base. Otherwise a fifth of the test classes could be variations of one theme. */
export const LARGEST_HELD_OUT_FAMILY = 5;

/**
 * Splits classes without dividing a family of related classes. Families are placed in the order of a salted hash of their first
 * class, so a family that is added later moves few others. A small family goes to novel if it fits there, else to validation if it
 * fits there. All other families go to base.
 */
export function dealFamilies(families: readonly (readonly string[])[], salt: string): NamedSplit {
  const split: NamedSplit = { base: [], validation: [], novel: [] };
  const count = families.flat().length;
  const novelSize = Math.round(count * NOVEL_SHARE);
  const validationSize = Math.round(count * VALIDATION_SHARE);
  for (const family of inHashOrder(families, salt, ([first]) => first!)) {
    if (family.length > LARGEST_HELD_OUT_FAMILY) split.base.push(...family);
    else if (split.novel.length + family.length <= novelSize) split.novel.push(...family);
    else if (split.validation.length + family.length <= validationSize) split.validation.push(...family);
    else split.base.push(...family);
  }
  for (const side of Object.values(split)) side.sort();
  return split;
}

/** Things in the order of a salted hash of their names. */
export function inHashOrder<Thing>(
  things: readonly Thing[],
  salt: string,
  nameOf: (thing: Thing) => string,
): Thing[] {
  return things
    .map((thing) => ({
      thing,
      hash: createHash('sha256')
        .update(`${salt} ${nameOf(thing)}`)
        .digest('hex'),
    }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ thing }) => thing);
}

/**
 * Groups names that are related. The relation is made transitive.
 * @returns groups, each sorted, in order of their first names
 */
export function relatedGroups(
  names: readonly string[],
  related: (a: string, b: string) => boolean,
): string[][] {
  const left = new Set([...names].sort());
  const groups: string[][] = [];
  for (const first of left) {
    const group = [first];
    left.delete(first);
    // The group grows while it is walked.
    for (const one of group) {
      for (const other of left) {
        if (!related(one, other)) continue;
        group.push(other);
        left.delete(other);
      }
    }
    groups.push(group.sort());
  }
  return groups;
}

/** The families by labels. @param classNames class names in the order of their labels */
export function labelledFamilies(
  families: readonly (readonly string[])[],
  classNames: readonly string[],
): number[][] {
  const labelsOf = labeller(classNames);
  return families.map(labelsOf);
}

/** The split by labels. @param classNames class names in the order of their labels */
export function labelledSplit(split: NamedSplit, classNames: readonly string[]): ClassSplit {
  const labelsOf = labeller(classNames);
  return {
    base: labelsOf(split.base),
    validation: labelsOf(split.validation),
    novel: labelsOf(split.novel),
  };
}

function labeller(classNames: readonly string[]): (names: readonly string[]) => number[] {
  const labels = new Map(classNames.map((name, label) => [name, label]));
  return (names) => names.map((name) => labels.get(name)!);
}
