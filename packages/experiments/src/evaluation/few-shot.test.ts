import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, DatasetError, sampleEpisodes, writeEpisodes } from '@clce/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FewShotProtocol } from '../suite/preset.ts';
import { checkEpisodes, episodesOf, evaluateFewShot } from './few-shot.ts';

const CLASSES = 8;
const EACH = 10;

const dataset: Dataset = {
  name: 'spots',
  manifestHash: '0',
  imageSize: 8,
  channels: 3,
  classNames: Array.from({ length: CLASSES }, (_, label) => `class ${label}`),
  samples: Array.from({ length: CLASSES * EACH }, (_, row) => ({ id: `s${row}`, label: row % CLASSES })),
  split: { base: [0, 1, 2], validation: [], novel: [3, 4, 5, 6, 7] },
  pixels: new Uint8Array(CLASSES * EACH * 8 * 8 * 3),
};
const rows = Int32Array.from(dataset.samples.flatMap(({ label }, row) => (label >= 3 ? [row] : [])));
const dim = 6;
const features = {
  dim,
  values: Float32Array.from({ length: rows.length * dim }, (_, at) => {
    const label = dataset.samples[rows[Math.floor(at / dim)]!]!.label;
    return Math.sin(label * (1 + (at % dim))) + 0.8 * Math.sin(at * 1.7);
  }),
};
const protocol: FewShotProtocol = {
  kind: 'few-shot',
  ...{ classes: 'novel', way: 3, shots: [1, 4], query: 5, episodes: 12, seed: 9 },
  classifiers: ['nearest-centroid', 'logistic-regression'],
};

let root: string;
let path: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'clce-few-shot-'));
  path = join(root, 'episodes.json');
  const labels = dataset.samples.map(({ label }) => label);
  const shape = { labels, classes: dataset.split.novel, way: 3, query: 5, count: 20, seed: 9 };
  await writeEpisodes(
    path,
    dataset,
    [1, 4].map((shot) => sampleEpisodes({ ...shape, shot })),
  );
});
afterAll(() => rmSync(root, { recursive: true }));

describe('episodes from a file', () => {
  it('give what the same episodes give when they are drawn', async () => {
    const drawn = evaluateFewShot(protocol, dataset, features, rows);
    const episodes = await episodesOf(protocol, dataset, path);
    const given = evaluateFewShot(protocol, dataset, features, rows, episodes);
    expect(given).toEqual(drawn);
    const correct = drawn.map((score) => score.correct.reduce((sum, count) => sum + count, 0) / (12 * 15));
    for (const share of correct) expect(share).toBeGreaterThan(1 / 3);
    const others = evaluateFewShot({ ...protocol, seed: 10 }, dataset, features, rows);
    expect(others).not.toEqual(drawn);
  });

  it('must exist in the protocol’s number and shape', async () => {
    const withFile = { ...protocol, episodeFile: path };
    await expect(checkEpisodes(withFile, dataset)).resolves.toBeUndefined();
    for (const wrong of [{ shots: [1, 2] }, { way: 4 }, { query: 6 }, { episodes: 21 }]) {
      const check = checkEpisodes({ ...withFile, ...wrong } as FewShotProtocol, dataset);
      await expect(check).rejects.toThrow(DatasetError);
      await expect(check).rejects.toThrow(/episodes\.json has \d+ episodes of/);
    }
    await expect(checkEpisodes({ ...withFile, classes: 'validation' }, dataset)).rejects.toThrow(
      /no class that may be evaluated/,
    );
  });
});
