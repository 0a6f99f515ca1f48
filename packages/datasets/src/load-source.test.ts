/** Packs of a data set that a user's file declares: built again after an edit, with the same hash for the same pixels. */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DatasetSource } from './adapter.ts';
import { type Dataset, imageAt } from './dataset.ts';
import { sourceAdapter } from './load-source.ts';
import { readPack, writePack } from './pack/pack.ts';
import { wholePixels } from './testing/whole-pixels.ts';

const SIZE = 8;

let dataRoot: string;
beforeEach(() => {
  dataRoot = mkdtempSync(join(tmpdir(), 'clce-source-'));
  mkdirSync(join(dataRoot, 'mine', 'extracted'), { recursive: true });
  writeFileSync(join(dataRoot, 'mine', 'extracted', 'pictures'), '');
});
afterEach(() => rmSync(dataRoot, { recursive: true }));

/** One sample a class; the pixels of sample `k` are all `grey + k`. */
function painted(grey: number): DatasetSource {
  const samples = [0, 1].map((label) => ({
    id: `sample-${label}`,
    label,
    image: {
      kind: 'pixels' as const,
      ...{ width: SIZE, height: SIZE, channels: 3 as const },
      read: async () => new Uint8Array(SIZE * SIZE * 3).fill(grey + label),
    },
  }));
  const classes = { classNames: ['a', 'b'], split: { base: [0, 1], validation: [], novel: [] } };
  return {
    ...{ name: 'mine', title: 'Mine', description: 'Mine.', license: 'CC0', citation: 'Me.' },
    splitRule: { rule: 'none', source: 'me' },
    distributions: [
      { name: 'one', files: [], layout: ['pictures'], index: async () => ({ ...classes, samples }) },
    ],
  };
}

it.each([
  ['one file', {}],
  ['shards', { shardedFrom: 1, shardBytes: SIZE * SIZE * 3 }],
])('an edited file that reads other pixels for the same samples is packed again: %s', async (_, more) => {
  const load = (grey: number, code: string): Promise<Dataset> =>
    sourceAdapter(painted(grey), code).load({ dataRoot, size: SIZE, ...more });
  const find = (grey: number, code: string) =>
    sourceAdapter(painted(grey), code).find({ dataRoot, size: SIZE });
  const first = await load(10, 'code 1');
  expect(imageAt(first, 1)[0]).toBe(11);
  expect((await find(10, 'code 1'))?.manifestHash).toBe(first.manifestHash);
  const written = statSync(join(dataRoot, 'mine', `mine-${SIZE}.pack`)).ino;
  await load(10, 'code 1');
  expect(statSync(join(dataRoot, 'mine', `mine-${SIZE}.pack`)).ino).toBe(written);

  expect(await find(50, 'code 2')).toBeUndefined();
  const edited = await load(50, 'code 2');
  expect(imageAt(edited, 1)[0]).toBe(51);
  expect(edited.manifestHash).not.toBe(first.manifestHash);
  // A comment is another code and the same pixels.
  expect((await load(50, 'code 3')).manifestHash).toBe(edited.manifestHash);
});

it('a pack of another decoding is made again, with another hash', async () => {
  const adapter = sourceAdapter(painted(10));
  const loaded = await adapter.load({ dataRoot, size: SIZE });
  const path = join(dataRoot, 'mine', `mine-${SIZE}.pack`);
  const { dataset, provenance } = (await readPack(path))!;
  const earlier = { ...provenance, decodingVersion: '0' };
  await writePack(path, { ...dataset, provenance: earlier, pixels: wholePixels(dataset) });
  expect((await readPack(path))!.dataset.manifestHash).not.toBe(loaded.manifestHash);
  expect(await adapter.find({ dataRoot, size: SIZE })).toBeUndefined();
  expect((await adapter.load({ dataRoot, size: SIZE })).manifestHash).toBe(loaded.manifestHash);
});

it('a set that is drawn decodes no picture, so its pack knows no decoding', async () => {
  const pack = await readPack(join(process.env['CLCE_TEST_ICONS']!, 'icons', 'icons-32.pack'));
  expect(Object.keys(pack!.provenance)).toContain('rendering');
  expect(Object.keys(pack!.provenance).filter((entry) => entry.startsWith('decoding'))).toEqual([]);
});
