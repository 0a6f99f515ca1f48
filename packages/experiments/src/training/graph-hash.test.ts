import { describe, expect, it } from 'vitest';
import { expand, type TrainingSpec } from '../suite/cell.ts';
import { tinyDataset } from '../testing/tiny-dataset.ts';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { graphHash, isTraced, type TracedSpec } from './graph-hash.ts';

const SHA256 = /^[0-9a-f]{64}$/;

describe('the hash of a cell’s graphs', () => {
  const dataset = tinyDataset(tinyPreset.imageSize);
  const hashes = { weights: new Map([['conv4', 'f00']]), models: new Map(), episodes: undefined };
  const specs = expand(tinyPreset, new Map([['icons', 'f00']]), hashes).map(({ spec }) => spec);
  const training = specs.filter((spec) => spec.kind === 'training');
  const [ce, clce] = [training[0]!, training.at(-1)!];
  const frozen = specs.find((spec) => spec.kind === 'frozen')!;
  /** How often a graph was traced. */
  let loaded = 0;

  const hash = (spec: TracedSpec) =>
    graphHash(spec, async () => {
      loaded++;
      return dataset;
    });
  const withRecipe = (spec: TrainingSpec, recipe: Partial<TrainingSpec['recipe']>): TrainingSpec => ({
    ...spec,
    recipe: { ...spec.recipe, ...recipe },
  });

  it('is there for what runs graphs of this project', () => {
    expect(specs.map((spec) => [spec.kind, isTraced(spec)])).toEqual([
      ['pixels', false],
      ['frozen', true],
      ...training.map(({ kind }) => [kind, true]),
    ]);
  });

  it('is one for cells that differ by what no graph depends on, and takes one trace', async () => {
    loaded = 0;
    const one = await hash(clce);
    expect(one).toMatch(SHA256);
    const others = [
      { ...clce, seed: 9, weights: 'bad' },
      withRecipe(clce, { learningRate: 0.5, learningRateRule: 'linear', warmup: 0, budget: { epochs: 2 } }),
      { ...clce, protocol: { ...clce.protocol, seed: 5 } },
    ];
    expect(await Promise.all(others.map(hash))).toEqual(others.map(() => one));
    expect(loaded).toBe(1);
  });

  it('does not depend on what the seed draws', async () => {
    const one = await hash(clce);
    // Augmentation is no part of a graph; the hash does not know, and traces again.
    expect(await hash(withRecipe({ ...clce, seed: 9 }, { horizontalFlip: false }))).toBe(one);
  });

  it('is another for another loss, parameter, backbone, batch, optimiser or way through the backbone', async () => {
    const others = [
      ce,
      { ...clce, loss: { ...clce.loss, parameters: { ...clce.loss.parameters, temperature: 0.1 } } },
      { ...clce, backbone: 'resnet12' },
      { ...clce, batchSize: 15 },
      withRecipe(clce, { optimizer: 'sgd' }),
      withRecipe(clce, { weightDecay: 0.01 }),
      withRecipe(clce, { mixup: 0.8 }),
      withRecipe(clce, { projection: 'mlp' }),
      withRecipe(clce, { microBatch: 5 }),
    ];
    const hashes = await Promise.all([clce, ...others].map(hash));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('holds the loss of a batch in micro-batches, whose graph is compiled as the first step runs', async () => {
    const inParts = { microBatch: 5 };
    expect(await hash(withRecipe(clce, inParts))).not.toBe(await hash(withRecipe(ce, inParts)));
  });

  it('of a frozen backbone is that of its forward pass', async () => {
    expect(await hash(frozen)).toMatch(SHA256);
    const other = { ...frozen, extractor: { kind: 'backbone' as const, name: 'resnet12' } };
    expect(await hash(other)).not.toBe(await hash(frozen));
  });
});
