import { describe, expect, it } from 'vitest';
import { CIFAR_100_CLASSES, CIFAR_100_SUPERCLASSES } from '../cifar-100-classes.ts';
import { fc100Classes } from '../fc100.ts';
import { splitOfNames } from '../official-files.ts';
import { tieredImagenetClasses } from '../tiered-imagenet.ts';
import { CIFAR_FS_CLASSES } from './cifar-fs.ts';
import { FC100_SUPERCLASSES } from './fc100.ts';
import { MINI_IMAGENET_CLASSES } from './mini-imagenet.ts';
import { TIERED_IMAGENET_CATEGORIES } from './tiered-imagenet.ts';

const LISTS = [
  ['CIFAR-FS', CIFAR_FS_CLASSES, [64, 16, 20]],
  ['FC100', fc100Classes(), [60, 20, 20]],
  ['miniImageNet', MINI_IMAGENET_CLASSES, [64, 16, 20]],
  ['tieredImageNet', tieredImagenetClasses(), [351, 97, 160]],
] as const;

describe('published split lists', () => {
  it.each(LISTS)('%s: as many classes a side as published, none on two sides', (_, sides, counts) => {
    const { base, validation, novel } = sides;
    expect([base.length, validation.length, novel.length]).toEqual(counts);
    const all = [...base, ...validation, ...novel];
    expect(new Set(all).size).toBe(all.length);
  });

  it('CIFAR-FS and FC100 divide all classes of CIFAR-100', () => {
    for (const sides of [CIFAR_FS_CLASSES, fc100Classes()]) {
      expect([...sides.base, ...sides.validation, ...sides.novel].sort()).toEqual(CIFAR_100_CLASSES);
    }
  });

  it('CIFAR-100 has 20 superclasses of five, which FC100 never divides', () => {
    expect(Object.values(CIFAR_100_SUPERCLASSES).map((classes) => classes.length)).toEqual(
      new Array(20).fill(5),
    );
    expect(CIFAR_100_CLASSES).toHaveLength(100);
    const superclasses = Object.values(FC100_SUPERCLASSES).flat();
    expect(superclasses.toSorted()).toEqual(Object.keys(CIFAR_100_SUPERCLASSES).sort());
  });

  it("FC100 as TADAM's authors number the superclasses", () => {
    // class_split of ElementAI/TADAM, as public few-shot projects quote it. Numbers are positions in
    // coarse_label_names.txt, which is in alphabetical order.
    const names = Object.keys(CIFAR_100_SUPERCLASSES).sort();
    const numbersOf = (side: readonly string[]): number[] => side.map((name) => names.indexOf(name));
    expect(numbersOf(FC100_SUPERCLASSES.base)).toEqual([1, 2, 3, 4, 5, 6, 9, 10, 15, 17, 18, 19]);
    expect(numbersOf(FC100_SUPERCLASSES.validation)).toEqual([8, 11, 13, 16]);
    expect(numbersOf(FC100_SUPERCLASSES.novel)).toEqual([0, 7, 12, 14]);
  });

  it('tieredImageNet has 20, 6 and 8 categories, none on two sides', () => {
    const sides = Object.values(TIERED_IMAGENET_CATEGORIES).map((categories) => Object.keys(categories));
    expect(sides.map((categories) => categories.length)).toEqual([20, 6, 8]);
    expect(new Set(sides.flat()).size).toBe(34);
  });

  it('WordNet ids look like WordNet ids', () => {
    const ids = [
      ...Object.values(MINI_IMAGENET_CLASSES).flat(),
      ...Object.values(tieredImagenetClasses()).flat(),
    ];
    expect(ids.filter((id) => !/^n\d{8}$/.test(id))).toEqual([]);
  });
});

describe('splitOfNames', () => {
  it('refuses a class on two sides, and an unknown class', () => {
    const classNames = ['a', 'b', 'c'];
    expect(splitOfNames(classNames, { base: ['c', 'a'], validation: ['b'], novel: [] })).toEqual({
      base: [0, 2],
      validation: [1],
      novel: [],
    });
    expect(() => splitOfNames(classNames, { base: ['a'], validation: ['a'], novel: [] })).toThrow(
      'there is no class a left to split',
    );
    expect(() => splitOfNames(classNames, { base: ['d'], validation: [], novel: [] })).toThrow('no class d');
  });
});
