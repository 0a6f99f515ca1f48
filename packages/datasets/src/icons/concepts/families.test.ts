import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LARGEST_HELD_OUT_FAMILY } from '../../drawings/deal.ts';
import { conceptFamilies } from './families.ts';
import { splitConcepts } from './split-concepts.ts';

const concepts = fc.uniqueArray(
  fc
    .array(
      fc.constantFrom('calendar', 'cat', 'dog', 'tree', 'folder', 'plus', 'check', 'circle', 'map', 'pin'),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((tokens) => tokens.join('-')),
  { minLength: 1, maxLength: 40 },
);

describe('conceptFamilies', () => {
  it('joins compounds with their head, and not with their modifiers', () => {
    const families = conceptFamilies([
      'plus',
      'calendar',
      'calendar-plus',
      'folder-plus',
      'plus-circle',
      'folder',
    ]);
    expect(families).toEqual([
      ['calendar', 'calendar-plus'],
      ['folder', 'folder-plus'],
      ['plus', 'plus-circle'],
    ]);
  });

  it('joins concepts that the table relates, transitively', () => {
    expect(conceptFamilies(['map', 'umbrella', 'pin', 'compass', 'map-pin'])).toEqual([
      ['compass', 'map', 'map-pin', 'pin'],
      ['umbrella'],
    ]);
  });

  it('has every concept once', () => {
    fc.assert(
      fc.property(concepts, (names) => {
        expect(conceptFamilies(names).flat().sort()).toEqual([...names].sort());
      }),
    );
  });
});

describe('splitConcepts', () => {
  it('divides no family and loses no concept, in whatever order they come', () => {
    fc.assert(
      fc.property(concepts, (names) => {
        const split = splitConcepts(names);
        expect(splitConcepts([...names].reverse())).toEqual(split);
        const sides = Object.values(split);
        expect(sides.flat().sort()).toEqual([...names].sort());
        for (const family of conceptFamilies(names)) {
          const touched = sides.filter((side) => family.some((concept) => side.includes(concept)));
          expect(touched).toHaveLength(1);
          if (family.length > LARGEST_HELD_OUT_FAMILY) expect(touched[0]).toBe(split.base);
        }
      }),
    );
  });

  it('gives 64, 16 and 20 of a hundred unrelated concepts', () => {
    const names = Array.from({ length: 100 }, (_, i) => `concept${String.fromCharCode(97 + (i % 26))}${i}`);
    const { base, validation, novel } = splitConcepts(names);
    expect([base.length, validation.length, novel.length]).toEqual([64, 16, 20]);
  });
});
