/**
 * Deals groups so that each class has its share of samples in every part. A folder of pictures has groups of one class, such as a burst
 * of photographs, and dealing by names alone could leave a class without a tested picture.
 */
import type { Sample } from '../dataset.ts';
import { inHashOrder } from '../drawings/deal.ts';

/** A group of samples that stay together. */
export interface CountedGroup {
  readonly name: string;
  /** Number of the group's samples of each of its classes, by label. */
  readonly counts: ReadonlyMap<number, number>;
}

/** What a part is to hold. */
export interface Part {
  /** Share of the samples of each class; all shares are 1 in sum. */
  readonly share: number;
  /** Number of groups of each class that the part is to have before shares count. */
  readonly least: number;
}

/** The groups of the samples, in the order of a salted hash of their names. */
export function countedGroups(
  samples: readonly Sample[],
  groupOf: (sample: Sample) => string | undefined,
  salt: string,
): CountedGroup[] {
  const groups = new Map<string, Map<number, number>>();
  for (const sample of samples) {
    const name = groupOf(sample)!;
    const counts = groups.get(name) ?? new Map<number, number>();
    counts.set(sample.label, (counts.get(sample.label) ?? 0) + 1);
    groups.set(name, counts);
  }
  return inHashOrder(
    [...groups].map(([name, counts]) => ({ name, counts })),
    salt,
    ({ name }) => name,
  );
}

/**
 * Deals the largest group first, each to the part that lacks groups of its classes; of equal parts, to the part that lacks most of its
 * share; of these, to the first. A part may stay without a class whose groups are too few.
 *
 * @param groups in the order of a hash, which decides between groups of one size
 * @returns names of the groups of each part
 */
export function dealStratified(groups: readonly CountedGroup[], parts: readonly Part[]): string[][] {
  const totals = new Map<number, number>();
  for (const { counts } of groups) add(totals, counts);
  const filled = parts.map((part) => ({
    ...part,
    names: [] as string[],
    groupsOf: new Map<number, number>(),
    samplesOf: new Map<number, number>(),
  }));
  for (const { name, counts } of groups.toSorted((one, other) => sizeOf(other) - sizeOf(one))) {
    const ranked = filled.map(({ share, least, groupsOf, samplesOf }) => {
      let [lacking, deficit] = [0, 0];
      for (const [label, count] of counts) {
        if ((groupsOf.get(label) ?? 0) < least) lacking++;
        const wanted = share * totals.get(label)!;
        deficit += (count / totals.get(label)!) * (1 - (samplesOf.get(label) ?? 0) / wanted);
      }
      return { lacking, deficit };
    });
    const best = ranked.reduce((chosen, { lacking, deficit }, at) => {
      const { lacking: most, deficit: widest } = ranked[chosen]!;
      return lacking > most || (lacking === most && deficit > widest + ROUNDING) ? at : chosen;
    }, 0);
    const { names, groupsOf, samplesOf } = filled[best]!;
    names.push(name);
    add(samplesOf, counts);
    add(groupsOf, new Map([...counts.keys()].map((label) => [label, 1])));
  }
  return filled.map(({ names }) => names);
}

/** Deficits that differ by less are equal. */
const ROUNDING = 1e-9;

function add(to: Map<number, number>, counts: ReadonlyMap<number, number>): void {
  for (const [label, count] of counts) to.set(label, (to.get(label) ?? 0) + count);
}

function sizeOf({ counts }: CountedGroup): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
