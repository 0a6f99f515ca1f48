/** The sides of a folder of pictures. */
import type { ClassSplit, Sample } from '../dataset.ts';
import { inHashOrder } from '../drawings/deal.ts';
import type { Divisible } from '../reserve/split-with-reserve.ts';

/** Fewer classes make no episodes. */
export const WAY = 5;

/** Share of the classes that development validates on. */
const VALIDATION_SHARE = 0.2;

/** Part of every class's hash. Another word would make another split. */
const SALT = 'pictures-1';

/** All that a split needs: each class is a family of its own, and groups are dealt class by class. */
export function divisible(
  name: string,
  classNames: readonly string[],
  samples: readonly Sample[],
): Divisible & { reservable: object } {
  return {
    name,
    classNames,
    samples,
    split: splitOf(classNames),
    reservable: { families: classNames.map((_, label) => [label]), seenGroups: [], stratified: true },
  };
}

/** A fifth of the classes, but at least five, is for validation; none where fewer than five others would stay. No class is novel. */
function splitOf(classNames: readonly string[]): ClassSplit {
  const labels = classNames.map((_, label) => label);
  const count = Math.max(WAY, Math.round(VALIDATION_SHARE * classNames.length));
  const chosen = new Set(
    classNames.length - count < WAY
      ? []
      : inHashOrder(labels, SALT, (label) => classNames[label]!).slice(0, count),
  );
  return {
    base: labels.filter((label) => !chosen.has(label)),
    validation: labels.filter((label) => chosen.has(label)),
    novel: [],
  };
}
