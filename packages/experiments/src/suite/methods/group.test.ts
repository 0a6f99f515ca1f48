import { describe, expect, it } from 'vitest';
import { tinyPreset } from '../../testing/tiny-preset.ts';
import { expand } from '../cell.ts';
import { checkPreset } from '../check-preset.ts';
import { applyOverrides, type Overrides } from '../overrides.ts';
import type { Method, Preset } from '../preset.ts';
import { requireRead } from '../read-entries.ts';
import { SuiteError } from '../suite-error.ts';
import { groupsPerStep } from './group.ts';

const withRecipe = (losses: Method[], recipe: Partial<Preset['recipe']> = {}, batchSizes = [16]): Preset => ({
  ...tinyPreset,
  losses,
  batchSizes,
  recipe: { ...tinyPreset.recipe, ...recipe },
});

const cellsOf = (...given: Parameters<typeof withRecipe>) =>
  expand(checkPreset(withRecipe(...given)), new Map([['icons', 'hash']])).flatMap(({ spec, facts }) =>
    spec.kind === 'training' && facts.kind === 'training' ? [{ spec, facts }] : [],
  );

const ceAndClce = [{ name: 'ce' }, { name: 'clce' }];

describe('a contrastive group', () => {
  it('is part of the cells whose loss has a contrastive term, and of their titles', () => {
    const cells = cellsOf([...ceAndClce, { name: 'h-scl' }], { contrastiveGroup: 4 });
    expect(cells.map(({ facts }) => [facts.loss, facts.contrastiveGroup])).toEqual([
      ['CE', null],
      ['CLCE, group = 4', 4],
      ['H-SCL, group = 4', 4],
    ]);
    expect(cells.map(({ spec }) => groupsPerStep(spec))).toEqual([1, 4, 4]);
    expect(cells[0]!.spec).toEqual(cellsOf([{ name: 'ce' }])[0]!.spec);
  });

  it('as large as the batch is the cell without one', () => {
    const plain = cellsOf([{ name: 'clce' }])[0]!;
    for (const cells of [
      cellsOf([{ name: 'clce' }], { contrastiveGroup: 16 }),
      cellsOf([{ name: 'clce', recipe: { contrastiveGroup: 16 } }]),
    ]) {
      expect(cells[0]!.spec).toEqual(plain.spec);
      expect(JSON.stringify(cells[0]!.spec)).toBe(JSON.stringify(plain.spec));
      expect(cells[0]!.facts).toMatchObject({ loss: 'CLCE, group = 16', contrastiveGroup: null });
    }
  });

  it('of a method is that method’s', () => {
    const grouped = { name: 'clce', recipe: { contrastiveGroup: 8 } };
    const cells = cellsOf([{ name: 'ce' }, grouped], { contrastiveGroup: 4 });
    expect(cells.map(({ facts }) => facts.loss)).toEqual(['CE', 'CLCE, group = 8']);
    expect(cells[1]!.spec.recipe.contrastiveGroup).toBe(8);
  });

  it.each<[string, Parameters<typeof withRecipe>, string]>([
    [
      'that does not divide a batch',
      [ceAndClce, { contrastiveGroup: 16 }, [16, 24]],
      'recipe.contrastiveGroup: a batch of 24 cannot be cut into equal groups of 16',
    ],
    [
      'larger than a batch',
      [ceAndClce, { contrastiveGroup: 32 }],
      'recipe.contrastiveGroup: a batch of 16 cannot be cut into equal groups of 32',
    ],
    [
      'of half a sample of two views',
      [[{ name: 'h-scl' }], { contrastiveGroup: 3 }, [18]],
      'recipe.contrastiveGroup: 3 images are no whole number of samples for the two views of H-SCL; expected an even number',
    ],
    [
      'that would cut a group of a class',
      [ceAndClce, { contrastiveGroup: 4, samplesPerClass: 8 }],
      'recipe.contrastiveGroup: a group of CLCE has 4 samples, which is no multiple of the 8 samples a class of recipe.samplesPerClass',
    ],
    [
      'that would cut a group of a class, in two views',
      [[{ name: 'h-scl' }], { contrastiveGroup: 4, samplesPerClass: 4 }],
      'recipe.contrastiveGroup: a group of H-SCL has 2 samples, which is no multiple of the 4 samples a class of recipe.samplesPerClass',
    ],
    [
      'of one image',
      [ceAndClce, { contrastiveGroup: 1 }],
      'recipe.contrastiveGroup: Too small: expected number to be >=2',
    ],
    [
      'of cross-entropy alone',
      [[{ name: 'ce', recipe: { contrastiveGroup: 4 } }]],
      'recipe.contrastiveGroup: CE, group = 4 has no contrastive term; leave the entry out of its recipe',
    ],
  ])('%s is refused', (_, given, message) => {
    expect(() => cellsOf(...given)).toThrow(SuiteError);
    expect(() => cellsOf(...given)).toThrow(message);
  });

  it('is refused for one backbone alone, because titles name it', () => {
    const recipes = { conv4: { contrastiveGroup: 4 } } as unknown as Preset['recipes'];
    expect(() => checkPreset({ ...tinyPreset, recipes })).toThrow(
      /recipes\.conv4: unknown entry "contrastiveGroup"/,
    );
  });

  it('counts samples where a batch does', () => {
    const cells = cellsOf([{ name: 'ce+hcl' }], { contrastiveGroup: 4, batchOf: 'samples' });
    expect(cells.map(({ spec }) => groupsPerStep(spec))).toEqual([4]);
    expect(cellsOf([{ name: 'ce+hcl' }], { contrastiveGroup: 3, batchOf: 'samples' }, [18])).toHaveLength(1);
  });

  it('can be set and swept; cross-entropy stays one row', () => {
    const changed = (overrides: Overrides) => {
      const before = withRecipe(ceAndClce);
      const preset = checkPreset(applyOverrides(before, overrides));
      requireRead(before, overrides, preset);
      return cellsOf(preset.losses, preset.recipe).map(({ facts }) => facts.loss);
    };
    expect(changed({ sweep: ['recipe.contrastiveGroup=4,8,16'] })).toEqual([
      'CE',
      'CLCE, group = 4',
      'CLCE, group = 8',
      'CLCE, group = 16',
    ]);
    expect(changed({ set: ['recipe.contrastiveGroup=4'] })).toEqual(['CE', 'CLCE, group = 4']);
    expect(() => changed({ losses: ['ce'], set: ['recipe.contrastiveGroup=4'] })).toThrow(
      '--set recipe.contrastiveGroup=4: no step of this run reads it',
    );
    expect(() => changed({ losses: ['ce'], sweep: ['recipe.contrastiveGroup=4,8'] })).toThrow(
      'no loss of this run reads it there',
    );
  });
});
