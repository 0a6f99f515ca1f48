import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../dataset.ts';
import { DatasetError } from '../errors.ts';
import { divisible } from '../pictures/split.ts';
import { countedGroups, dealStratified } from './deal-stratified.ts';
import {
  type Divisible,
  type Holds,
  mostFolds,
  type ReserveSide,
  splitWithReserve,
} from './split-with-reserve.ts';

/** A set with these pictures: their class, and their group. */
function setOf(
  pictures: readonly (readonly [label: number, group: string])[],
  classCount: number,
): Divisible {
  const names = Array.from({ length: classCount }, (_, label) => `class ${label}`);
  const samples = pictures.map(([label, group], at): Sample => ({ id: `${label}/${at}`, label, group }));
  return divisible('pictures', names, samples);
}

/** Classes of as many pictures, each a group of its own. */
function plain(classCount: number, each: number): Divisible {
  const pictures = Array.from({ length: classCount * each }, (_, at) => [at % classCount, `g${at}`] as const);
  return setOf(pictures, classCount);
}

const HOLDS: readonly (Holds | undefined)[] = ['classes', 'samples', undefined];

/** All sides of development and confirmation. */
function sidesOf(holds: Holds | undefined, folds: number): ReserveSide[] {
  const all = Array.from({ length: folds }, (_, fold) => fold);
  return [
    { side: 'development', holds },
    ...all.map((fold): ReserveSide => ({ side: 'confirmation', folds, fold, holds })),
    ...all.map((fold): ReserveSide => ({ side: 'development', folds, fold, holds })),
  ];
}

function split(set: Divisible, side: ReserveSide): Divisible | undefined {
  try {
    return splitWithReserve(set, side);
  } catch (error) {
    expect(error).toBeInstanceOf(DatasetError);
    expect(String(error)).not.toContain('\n');
    return undefined;
  }
}

const held = ({ samples }: Divisible) =>
  samples.filter(({ partition }) => partition === 'test' || partition === 'validation');
const trained = ({ samples }: Divisible) => samples.filter(({ partition }) => partition === 'train');
const groupsOf = (samples: readonly Sample[]) => new Set(samples.map(({ group }) => group));
const classesOf = (samples: readonly Sample[]) => new Set(samples.map(({ label }) => label));

describe('a split by class', () => {
  it('never has a group on two sides, nor a class without a side, whatever the groups are', () => {
    const pictures = fc.integer({ min: 2, max: 14 }).chain((classCount) =>
      fc.record({
        classCount: fc.constant(classCount),
        pictures: fc.array(
          fc.tuple(
            fc.nat({ max: classCount - 1 }),
            fc.oneof(
              fc.constant('one of all'),
              fc.nat({ max: 40 }).map((at) => `g${at}`),
              fc.uuid(),
            ),
          ),
          { minLength: 1, maxLength: 160 },
        ),
        folds: fc.integer({ min: 2, max: 4 }),
      }),
    );
    let [divided, refused] = [0, 0];
    fc.assert(
      fc.property(pictures, ({ classCount, pictures: found, folds }) => {
        const set = setOf(found, classCount);
        for (const side of HOLDS.flatMap((holds) => sidesOf(holds, folds))) {
          const sides = split(set, side);
          if (sides === undefined) {
            refused++;
            continue;
          }
          divided++;
          const [training, holding] = [trained(sides), held(sides)];
          const both = [...groupsOf(training)].filter((group) => groupsOf(holding).has(group));
          expect(both).toEqual([]);
          const { base, validation, novel } = sides.split;
          expect([...classesOf(training)].sort((a, b) => a - b)).toEqual(base);
          for (const label of [...validation, ...novel]) expect(classesOf(holding).has(label)).toBe(true);
          if (side.holds !== 'classes')
            for (const label of base) expect(classesOf(holding).has(label)).toBe(true);
          if (side.holds === 'samples') expect([...validation, ...novel]).toEqual([]);
        }
      }),
      { seed: 7, numRuns: 150 },
    );
    expect(Math.min(divided, refused)).toBeGreaterThan(100);
  });

  it.each(HOLDS)('keeps the reserve from development, holding %s', (holds) => {
    const set = plain(30, 40);
    const folds = sidesOf(holds, 2).flatMap((side) => {
      const sides = splitWithReserve(set, side);
      return side.side === 'confirmation' ? [held(sides)] : [];
    });
    const confirmed = new Set(folds.flat().map(({ id }) => id));
    for (const side of sidesOf(holds, 2).filter((one) => one.side === 'development')) {
      const sides = splitWithReserve(set, side);
      const seen = [...trained(sides), ...held(sides)];
      expect(seen.length).toBeGreaterThan(200);
      expect(seen.filter(({ id }) => confirmed.has(id))).toEqual([]);
    }
  });

  it('tests each picture of the reserve in one fold, and trains on it in the others', () => {
    const set = plain(4, 50);
    const folds = [0, 1, 2].map((fold) =>
      splitWithReserve(set, { side: 'confirmation', folds: 3, fold, holds: 'samples' }),
    );
    const tested = folds.flatMap(held).map(({ id }) => id);
    expect(new Set(tested).size).toBe(tested.length);
    expect(tested).toHaveLength(4 * 20);
    for (const fold of folds) {
      expect(trained(fold).length + held(fold).length).toBe(200);
      for (const label of [0, 1, 2, 3]) {
        const share = held(fold).filter((one) => one.label === label).length;
        expect([6, 7]).toContain(share);
      }
    }
  });

  it('names a class that one group holds, and splits the others where it can', () => {
    const whole = Array.from(
      { length: 120 },
      (_, at) => [at % 4, at % 4 === 2 ? 'a single walk' : `g${at}`] as const,
    );
    const set = setOf(whole, 4);
    expect(() => splitWithReserve(set, { side: 'development', holds: 'samples' })).toThrow(
      /^pictures: class class 2 has no samples on the (train|validation) side of development: it has too few, or too many of them belong together/,
    );
    expect(mostFolds(set, 'samples')).toBeUndefined();
    // As a novel class it is on one side as a whole.
    const many = Array.from(
      { length: 30 * 25 },
      (_, at) => [at % 30, at % 30 === 2 ? 'a single walk' : `g${at}`] as const,
    );
    expect(mostFolds(setOf(many, 30), 'classes')).toBeGreaterThan(1);
  });

  it('leaves a group over a novel class and a trained class out of training', () => {
    const pictures = Array.from({ length: 30 * 25 }, (_, at) => {
      const label = at % 30;
      return [label, at < 60 ? `walk ${label % 15}` : `g${at}`] as const;
    });
    const set = setOf(pictures, 30);
    const fold = splitWithReserve(set, { side: 'confirmation', folds: 2, fold: 0, holds: 'classes' });
    const novel = new Set(fold.split.novel);
    const crossing = fold.samples.filter(
      ({ label, group }) =>
        !novel.has(label) && fold.samples.some((one) => novel.has(one.label) && one.group === group),
    );
    expect(crossing.length).toBeGreaterThan(0);
    expect(new Set(crossing.map(({ partition }) => partition))).toEqual(new Set(['reserved']));
    expect(held(fold).every(({ label }) => novel.has(label))).toBe(true);
  });

  it('has the largest number of folds that serve', () => {
    expect(mostFolds(plain(3, 50), 'samples')).toBe(8);
    expect(mostFolds(plain(3, 8), 'samples')).toBe(3);
    expect(mostFolds(plain(3, 3), 'samples')).toBeUndefined();
    expect(mostFolds(plain(30, 30), 'classes', 8, ({ split: { novel } }) => novel.length >= 5)).toBe(2);
    const many = () =>
      splitWithReserve(plain(3, 8), { side: 'confirmation', folds: 4, fold: 3, holds: 'samples' });
    expect(many).toThrow(/class \d has no samples on the test side of confirmation/);
    expect(() =>
      splitWithReserve(plain(3, 50), { side: 'confirmation', folds: 70, fold: 0, holds: 'samples' }),
    ).toThrow('pictures has 60 groups for confirmation, which make 2 to 60 folds, not 70.');
  });
});

describe('dealing by class', () => {
  const parts = [0.5, 0.2, 0.3].map((share) => ({ share, least: 1 }));

  it('gives each part its share of every class', () => {
    const samples = Array.from({ length: 400 }, (_, at) => ({
      id: `${at}`,
      label: at % 4 ? 0 : 1,
      group: `g${at >> 1}`,
    }));
    const dealt = dealStratified(
      countedGroups(samples, ({ group }) => group, 'salt'),
      parts,
    );
    expect(dealt.flat().sort()).toEqual([...groupsOf(samples)].sort());
    for (const [at, names] of dealt.entries()) {
      for (const [label, total] of [
        [0, 300],
        [1, 100],
      ] as const) {
        const count = samples.filter((one) => names.includes(one.group) && one.label === label).length;
        expect(Math.abs(count - parts[at]!.share * total)).toBeLessThanOrEqual(2);
      }
    }
  });

  it('gives the largest group to the first part, and each part a group where there are enough', () => {
    const samples = Array.from({ length: 100 }, (_, at) => ({
      id: `${at}`,
      label: 0,
      group: at < 98 ? 'walk' : `g${at}`,
    }));
    const dealt = dealStratified(
      countedGroups(samples, ({ group }) => group, 'salt'),
      parts,
    );
    expect(dealt[0]).toEqual(['walk']);
    expect(dealt.map(({ length }) => length)).toEqual([1, 1, 1]);
  });
});
