import { describe, expect, it } from 'vitest';
import { tinyPreset } from '../../testing/tiny-preset.ts';
import { expand, type TrainingSpec } from '../cell.ts';
import { checkPreset } from '../check-preset.ts';
import type { Method, Recipe } from '../preset.ts';
import { SuiteError } from '../suite-error.ts';

const specsOf = (losses: Method[], recipe: Partial<Recipe> = {}, batchSizes = [16]) => {
  const preset = { ...tinyPreset, losses, batchSizes, recipe: { ...tinyPreset.recipe, ...recipe } };
  return expand(checkPreset(preset), new Map([['icons', 'hash']])).flatMap(({ spec, facts }) =>
    spec.kind === 'training' && facts.kind === 'training' ? [{ spec, facts }] : [],
  );
};
const parametersOf = ({ spec }: { spec: TrainingSpec }) => spec.loss.parameters;

describe('label smoothing of a recipe', () => {
  const withCrossEntropy = [{ name: 'ce' }, { name: 'ce+supcon' }, { name: 'clce' }, { name: 'ce+hcl' }];

  it('reaches every method that has a cross-entropy, and is one cell with the parameter', () => {
    const smoothed = specsOf(withCrossEntropy, { labelSmoothing: 0.1 });
    expect(smoothed.map((one) => parametersOf(one)['labelSmoothing'])).toEqual([0.1, 0.1, 0.1, 0.1]);
    const parameters = { labelSmoothing: 0.1 };
    const same = specsOf(withCrossEntropy.map((method) => ({ ...method, parameters })));
    expect(smoothed.map(({ spec }) => spec)).toEqual(same.map(({ spec }) => spec));
  });

  it('is absent at 0, so that a cell keeps its key', () => {
    const specs = (recipe: Partial<Recipe>) => specsOf(withCrossEntropy, recipe).map(({ spec }) => spec);
    expect(specs({ labelSmoothing: 0 })).toEqual(specs({}));
    expect(specs({})[0]!.recipe).toEqual(tinyPreset.recipe);
  });

  it('of one method is that method’s', () => {
    const losses = [{ name: 'ce' }, { name: 'ce', recipe: { labelSmoothing: 0.2 } }, { name: 'supcon' }];
    expect(specsOf(losses).map((one) => parametersOf(one)['labelSmoothing'])).toEqual([0, 0.2, undefined]);
  });

  it.each([
    [[{ name: 'ce' }, { name: 'supcon' }], 'SupCon'],
    [[{ name: 'h-scl' }], 'H-SCL'],
  ])('is refused for a method without one: %j', (losses, title) => {
    expect(() => specsOf(losses, { labelSmoothing: 0.1 })).toThrow(SuiteError);
    expect(() => specsOf(losses, { labelSmoothing: 0.1 })).toThrow(
      `recipe.labelSmoothing: ${title} has no cross-entropy whose labels it could smooth; give the entry to other methods alone: losses: [{ name: ce, recipe: { labelSmoothing: 0.1 } }]`,
    );
    expect(specsOf(losses, { labelSmoothing: 0 })).toHaveLength(losses.length);
  });

  it('is refused beside the parameter, and out of its range', () => {
    const losses = [{ name: 'ce', title: 'smooth', parameters: { labelSmoothing: 0.1 } }];
    expect(() => specsOf(losses, { labelSmoothing: 0.2 })).toThrow(
      'recipe.labelSmoothing: smooth has a parameter labelSmoothing too; leave one of them out',
    );
    expect(() => specsOf([{ name: 'ce' }], { labelSmoothing: 1 })).toThrow(/^recipe\.labelSmoothing: /);
  });
});

describe('two views', () => {
  const losses = [{ name: 'ce' }, { name: 'supcon-two-views' }, { name: 'h-scl' }, { name: 'ce+hcl' }];

  it('fill a batch with two images of each sample', () => {
    const cells = specsOf(losses);
    expect(cells.map(({ facts }) => facts.imagesPerStep)).toEqual([16, 16, 16, 16]);
    expect(cells.map(({ facts }) => facts.batchSize)).toEqual([16, 16, 16, 16]);
    expect(cells.map(({ spec }) => spec.recipe.batchOf)).toEqual([undefined, 'images', 'images', 'images']);
  });

  it('of a batch of samples are twice as many images, with the key that the cell had', () => {
    const cells = specsOf(losses, { batchOf: 'samples' });
    expect(cells.map(({ facts }) => facts.imagesPerStep)).toEqual([16, 32, 32, 32]);
    expect(cells.map(({ spec }) => 'batchOf' in spec.recipe)).toEqual([false, false, false, false]);
  });

  it('have the head that the method is published with, unless the recipe has another', () => {
    const heads = (recipe: Partial<Recipe>) =>
      specsOf(losses, recipe).map(({ spec }) => spec.recipe.projection);
    expect(heads({})).toEqual([undefined, 'mlp', 'mlp', undefined]);
    expect(heads({ projection: 'linear' })).toEqual(['linear', 'linear', 'linear', 'linear']);
  });

  it('need an even batch', () => {
    expect(specsOf([{ name: 'ce' }], {}, [15])).toHaveLength(1);
    expect(() => specsOf(losses, {}, [16, 15])).toThrow(
      'batchSizes: 15 images are no whole number of samples for the two views of SupCon, two views; expected an even number',
    );
  });
});

describe('groups of a class', () => {
  it('fill a batch of every method, or are refused before a data set is opened', () => {
    const losses = [{ name: 'ce' }, { name: 'h-scl' }];
    expect(specsOf(losses, { samplesPerClass: 8 })).toHaveLength(2);
    expect(() => specsOf(losses, { samplesPerClass: 3 })).toThrow(
      'recipe.samplesPerClass: a batch of CE has 16 samples, which is no multiple of 3',
    );
    expect(() => specsOf(losses, { samplesPerClass: 16 })).toThrow(
      'recipe.samplesPerClass: a batch of H-SCL has 8 samples in 16 images, which is no multiple of 16',
    );
  });
});
