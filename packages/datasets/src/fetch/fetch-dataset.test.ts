import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DatasetSource } from '../adapter.ts';
import { indexPictures } from '../adapters/folder.ts';
import { tieredImagenet } from '../adapters/tiered-imagenet.ts';
import { type FileServer, fileServer } from '../testing/file-server.ts';
import { noise, png, tarGz } from '../testing/tiny/archives.ts';
import { dataState } from './data-state.ts';
import { fetchDataset, verifyDataset } from './fetch-dataset.ts';

const picture = (seed: number): Buffer => png(noise(seed, 192), 8, 8);
const ARCHIVE = tarGz({ 'a/1.png': picture(1), 'b/2.png': picture(2) });

let root: string;
let server: FileServer;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'clce-fetch-'));
  server = await fileServer({ 'set.tgz': ARCHIVE });
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

/** A set whose publisher gives no checksum. */
function source(): DatasetSource {
  return {
    name: 'birds',
    title: 'Birds',
    description: 'Two classes.',
    license: 'none',
    citation: 'none',
    splitRule: { rule: 'by hash', source: 'this test' },
    distributions: [
      {
        name: 'tar',
        files: [
          { name: 'set.tgz', urls: [`${server.url}/set.tgz`], checksum: 'pinned', unpack: { format: 'tar' } },
        ],
        layout: ['a', 'b'],
        index: indexPictures,
      },
    ],
  };
}

const run = (): Promise<string> =>
  fetchDataset(source(), { dataRoot: root, sourceNamed: source, download: { backoffMs: 1, attempts: 2 } });
const state = async (): Promise<string> => (await dataState(root, 'birds', source())).state;

it('pins the first download, asks for nothing twice, and refuses another file later', async () => {
  expect(await state()).toBe('absent');
  await run();
  expect(await state()).toBe('ready');
  expect(readdirSync(join(root, 'birds')).sort()).toEqual(['archives', 'extracted']);
  expect(readFileSync(join(root, 'lock.json'), 'utf8')).toContain('"birds/set.tgz"');
  expect((await verifyDataset(source(), { dataRoot: root })).files).toEqual([
    { name: 'set.tgz', verdict: 'pinned' },
  ]);
  const asked = server.requests.length;
  await run();
  expect(server.requests).toHaveLength(asked);

  rmSync(join(root, 'birds'), { recursive: true });
  server.files.set('set.tgz', tarGz({ 'a/1.png': picture(3), 'b/2.png': picture(4) }));
  await expect(run()).rejects.toMatchObject({
    fault: 'checksum',
    message: expect.stringContaining('lock.json'),
  });
  expect(readdirSync(join(root, 'birds', 'archives'))).toEqual([]);
});

it('unpacks again where only the archive is left', async () => {
  await run();
  rmSync(join(root, 'birds', 'extracted'), { recursive: true });
  expect(await state()).toBe('fetched');
  const asked = server.requests.length;
  await run();
  expect(await state()).toBe('ready');
  expect(server.requests).toHaveLength(asked);
});

it('leaves no folder behind where an archive attacks, is damaged or holds something else', async () => {
  for (const [archive, fault] of [
    [tarGz({ 'a/1.png': picture(1), '../evil': picture(2) }), 'unsafe-path'],
    [ARCHIVE.subarray(0, 200), 'corrupt'],
    [tarGz({ 'c/1.png': picture(1) }), 'corrupt'],
  ] as const) {
    server.files.set('set.tgz', Buffer.from(archive));
    await expect(run()).rejects.toMatchObject({ fault });
    expect(readdirSync(join(root, 'birds'))).toEqual(['archives']);
    rmSync(join(root, 'birds'), { recursive: true });
    // An archive that could not be unpacked is not pinned.
    expect(readdirSync(root)).toEqual([]);
  }
});

it('notices a flipped bit in an archive that was placed or has rotted', async () => {
  await run();
  writeFileSync(
    join(root, 'birds', 'archives', 'set.tgz'),
    ARCHIVE.map((byte, i) => (i === 99 ? byte ^ 1 : byte)),
  );
  await expect(verifyDataset(source(), { dataRoot: root })).rejects.toMatchObject({ fault: 'checksum' });
});

it('says where to place files that cannot be fetched, and which command continues', async () => {
  const error: unknown = await fetchDataset(tieredImagenet, {
    dataRoot: root,
    distribution: 'pickles',
    sourceNamed: () => tieredImagenet,
  }).catch((reason: unknown) => reason);
  const archives = join(root, 'tiered-imagenet', 'archives');
  expect(error).toMatchObject({ fault: 'missing' });
  const { message } = error as Error;
  expect(message).toContain(`no train_images_png.pkl in ${archives}`);
  expect(message).toContain(
    `test_labels.pkl in ${archives} and run "./clce data fetch tiered-imagenet --distribution pickles"`,
  );
});
