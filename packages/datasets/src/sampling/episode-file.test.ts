import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { readEpisodes, writeEpisodes } from './episode-file.ts';
import { sampleEpisodes } from './episodes.ts';

const dataset: Dataset = {
  name: 'letters',
  manifestHash: '0',
  imageSize: 8,
  channels: 3,
  classNames: ['a', 'b', 'c', 'd', 'e'],
  samples: Array.from({ length: 40 }, (_, row) => ({ id: `s${row}`, label: row % 5 })),
  split: { base: [0, 1], validation: [], novel: [2, 3, 4] },
  pixels: new Uint8Array(40 * 8 * 8 * 3),
};
const { novel } = dataset.split;

let root: string;
let path: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-episodes-'));
  path = join(root, 'episodes.json');
});
afterAll(() => rmSync(root, { recursive: true }));

const labels = dataset.samples.map(({ label }) => label);
const drawn = [1, 3].map((shot) =>
  sampleEpisodes({ labels, classes: novel, way: 2, shot, query: 4, count: 5, seed: 1 }),
);

describe('episodes in a file', () => {
  it('are read as they were written', async () => {
    await writeEpisodes(path, dataset, drawn);
    expect(await readEpisodes(path, dataset, novel)).toEqual(drawn);
    const [first] = JSON.parse(readFileSync(path, 'utf8')).sets;
    expect([first.way, first.shot, first.query, first.episodes.length]).toEqual([2, 1, 4, 5]);
  });

  type Stored = { dataset: string; sets: { shot: unknown; episodes: Record<string, string[][]>[] }[] };
  const damages: readonly [string, (file: Stored) => unknown, RegExp][] = [
    ['of another set', (file) => ({ ...file, dataset: 'digits' }), /it is for "digits", not letters/],
    ['without sets', (file) => ({ ...file, sets: [] }), /no sets/],
    [
      'without a shape',
      (file) => change(file, () => (file.sets[1]!.shot = 'three')),
      /set 1 lacks way, shot/,
    ],
    [
      'with a class that was trained on',
      (file) => change(file, ({ classes }) => ((classes as unknown as string[])[1] = 'a')),
      /set 0, episode 2: a is no class that may be evaluated/,
    ],
    [
      'with an unknown sample',
      (file) => change(file, ({ support }) => (support![0]![0] = 's99')),
      /episode 2: s99 is no sample of/,
    ],
    [
      'with a sample of another class',
      (file) => change(file, ({ support, queries }) => (support![0]![0] = queries![1]![0]!)),
      /is no sample of/,
    ],
    [
      'with a sample twice',
      (file) => change(file, ({ queries }) => (queries![0]![1] = queries![0]![0]!)),
      /is there twice/,
    ],
    [
      'with too few queries',
      (file) => change(file, ({ queries }) => queries![1]!.pop()),
      /2 lists of 4 ids as queries/,
    ],
    [
      'with a support that is no list',
      (file) => change(file, (episode) => (episode['support'] = 7 as never)),
      /as support/,
    ],
  ];
  it.each(damages)('a file %s is refused', async (_, damage, message) => {
    await writeEpisodes(path, dataset, drawn);
    writeFileSync(path, JSON.stringify(damage(JSON.parse(readFileSync(path, 'utf8')))));
    await expect(readEpisodes(path, dataset, novel)).rejects.toMatchObject({
      fault: 'corrupt',
      message: expect.stringMatching(message),
    });
    await expect(readEpisodes(path, dataset, novel)).rejects.toThrow(path);
  });

  it('a file that is no JSON is refused', async () => {
    writeFileSync(path, 'episodes');
    await expect(readEpisodes(path, dataset, novel)).rejects.toThrow('it is no JSON');
  });

  function change(file: Stored, edit: (episode: Record<string, string[][]>) => unknown): Stored {
    edit(file.sets[0]!.episodes[2]!);
    return file;
  }
});
