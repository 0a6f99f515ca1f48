import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { folderOfSuite, suitesIn, tablesIn } from './find-results.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-folders-'));
afterAll(() => rmSync(root, { recursive: true }));

const [own, reference, absent] = ['tables', 'results', 'absent'].map((name) => join(root, name)) as [
  string,
  string,
  string,
];
const put = (folder: string, ...files: string[]) => {
  mkdirSync(folder, { recursive: true });
  for (const file of files) writeFileSync(join(folder, file), '');
};
put(own, 'fewshot.csv', 'fewshot.seeds.csv');
put(reference, 'fewshot.csv', 'fewshot.seeds.csv', 'fewshot.trend.csv', 'transfer.csv', 'transfer.seeds.csv');

it('reads all files of a suite from the first folder that contains the suite', async () => {
  const folders = [absent, own, reference];
  expect([...(await suitesIn(folders))]).toEqual([
    ['fewshot', own],
    ['transfer', reference],
  ]);
  expect(await tablesIn(folders)).toEqual([
    join(own, 'fewshot.csv'),
    join(own, 'fewshot.seeds.csv'),
    join(reference, 'transfer.csv'),
    join(reference, 'transfer.seeds.csv'),
  ]);
  expect(await folderOfSuite(folders, 'transfer')).toBe(reference);
});

it('names the available suites when no folder contains the wanted one', async () => {
  await expect(folderOfSuite([own, reference], 'fewshots')).rejects.toThrow(/fewshots.*fewshot/);
});
