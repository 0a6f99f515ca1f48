import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetSource } from '../adapter.ts';
import { type ClassSplit, type Dataset, imageAt } from '../dataset.ts';
import { sourceAdapter } from '../load-source.ts';
import { trainingBatches } from '../sampling/batches.ts';
import { placeMiniature } from '../testing/tiny/place.ts';
import type { TinyDistribution, TinySet } from '../testing/tiny/tiny-set.ts';
import { tinySets } from '../testing/tiny/tiny-sets.ts';
import * as declared from './index.ts';

const sources: readonly DatasetSource[] = Object.values(declared);

const CASES = tinySets().flatMap((set) =>
  set.distributions.map((distribution) => ({
    name: `${set.source.name} (${distribution.name})`,
    set,
    distribution,
  })),
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adapters-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('official layouts', () => {
  it('every adapter and each of its distributions has a miniature', () => {
    // Pictures of one's own have no official layout and no published counts.
    const published = sources.filter(({ expected }) => expected !== undefined);
    const adapters = published.map(({ name, distributions }) => [
      name,
      // Debian's package has the same files as the distribution that is downloaded.
      distributions.map((distribution) => distribution.name).filter((name) => name !== 'debian'),
    ]);
    const miniatures = tinySets().map(({ source, distributions }) => [
      source.name,
      distributions.map(({ name }) => name),
    ]);
    expect(Object.fromEntries(miniatures)).toEqual(Object.fromEntries(adapters));
  });

  describe.each(CASES)('$name', ({ name, set, distribution }) => {
    let dataset: Dataset;

    beforeAll(async () => {
      dataset = await loadMiniature(join(folder, name), set, distribution);
      // tieredImageNet's miniature has 1,827 files.
    });

    it('has the right samples, labels, partitions and split', () => {
      expect(dataset.classNames).toEqual(distribution.classNames);
      expect(dataset.samples).toEqual(distribution.samples.map(({ picture: _, ...sample }) => sample));
      expect(dataset.split).toEqual(distribution.split);
      // tieredImageNet's pickles name classes by words, its lists by WordNet ids.
      if (name === 'tiered-imagenet (pickles)') return;
      for (const [side, names] of Object.entries(set.source.classes ?? {})) {
        const found = dataset.split[side as keyof ClassSplit].map((label) => dataset.classNames[label]);
        expect(found.toSorted()).toEqual(names.toSorted());
      }
    });

    it('has the pictures to the pixel', () => {
      const wrong = distribution.samples.filter(
        ({ picture }, row) => Buffer.compare(imageAt(dataset, row), distribution.pixelsOf(picture)) !== 0,
      );
      expect(wrong).toEqual([]);
    });

    it('delivers no test or validation picture, and none of a novel class, to training', () => {
      const { base } = dataset.split;
      const loader = trainingBatches({
        dataset,
        classIndices: base,
        batchSize: 1,
        seed: 1,
        statistics: { mean: [0, 0, 0], std: [1, 1, 1] },
      });
      const delivered = new Set<number>();
      for (let step = 0; step < 2 * loader.batchesPerEpoch; step++) {
        for (const row of loader.batchAt(step).rows) delivered.add(row);
      }
      const trainable = distribution.samples.flatMap(({ label, partition = 'train' }, row) =>
        partition === 'train' && distribution.split.base.includes(label) ? [row] : [],
      );
      expect([...delivered].sort((a, b) => a - b)).toEqual(trainable);
    });
  });

  it.each(['mini-imagenet', 'tiered-imagenet'])('%s reads ImageNet in folders too', async (name) => {
    const { set, distribution } = CASES.find((one) => one.name === `${name} (imagenet)`)!;
    const [imagenet] = distribution.from!;
    const root = join(folder, `${name} over folders`);
    const over = { ...distribution, from: [imagenet, 'folders'] as const };
    const dataset = await loadMiniature(root, { ...set, distributions: [over] }, over);
    expect(dataset.samples).toEqual(distribution.samples.map(({ picture: _, ...sample }) => sample));
    expect(imageAt(dataset, 5)).toEqual(distribution.pixelsOf(distribution.samples[5]!.picture));
  });

  it('both forms of ImageNet, of CIFAR-100 and of Places365 are the same data set', async () => {
    for (const name of ['imagenet-1k', 'cifar-100', 'places365']) {
      const forms = CASES.filter(({ set }) => set.source.name === name);
      const loaded = await Promise.all(
        forms.map(({ name: form, set, distribution }) =>
          loadMiniature(join(folder, `again ${form}`), set, distribution),
        ),
      );
      expect(loaded).toHaveLength(2);
      expect(loaded[0]?.samples).toEqual(loaded[1]?.samples);
      expect(loaded[0]?.pixels).toEqual(loaded[1]?.pixels);
    }
  });
});

async function loadMiniature(root: string, set: TinySet, distribution: TinyDistribution): Promise<Dataset> {
  await placeMiniature(root, set, distribution.name);
  return sourceAdapter(set.source).load({ dataRoot: root, size: distribution.size });
}
