import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetNames, getDataset, sheetOfClasses } from '@clce/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printedBy } from '../testing/printed-by.ts';
import { addDataCommand } from './data.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-data-'));
  const pictures = join(root, 'folder', 'extracted', 'a-class');
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, 'one.png'), 'a picture is not decoded here');
});
afterAll(() => rmSync(root, { recursive: true }));

const clce = (...words: readonly string[]) => printedBy(addDataCommand, 'data', ...words, '--data', root);

describe('clce data', () => {
  it('lists every set with its state and place', async () => {
    const stdout = await clce('list');
    const rows = stdout.split('\n').filter((line) => line.startsWith('│'));
    expect(rows).toHaveLength(1 + datasetNames.length);
    for (const name of datasetNames) expect(stdout).toContain(`│ ${name} `);
    expect(stdout).toMatch(/folder +│ ready \(pictures\)/);
    expect(stdout).toMatch(/cub-200-2011 +│ absent +│ +0 kB │ +1\.2 GB/);
  });

  it('prints the folder of a set, and reports a missing set', async () => {
    expect(await clce('path', 'folder')).toBe(join(root, 'folder', 'extracted'));
    await expect(clce('path', 'cub-200-2011')).rejects.toThrow('cub-200-2011 is not there (absent)');
  });

  it('prints the sides of a reserve: each class novel once, each author tested once', async () => {
    cpSync(process.env['CLCE_TEST_ICONS']!, root, { recursive: true });
    const stdout = await clce('split', 'icons', '--size', '16', '--folds', '3');
    const listed = (what: string) =>
      [...stdout.matchAll(new RegExp(`^  ${what}: (.*)$`, 'gm'))].map(([, names]) => names!.split(', '));
    const [novel, tested] = [listed('novel').flat(), listed('tested groups').flat()];
    expect(listed('novel')).toHaveLength(3);
    expect([new Set(novel).size, new Set(tested).size]).toEqual([93, 24]);
    const others = [...listed('base'), ...listed('validation')].flat();
    expect(others.filter((name) => novel.includes(name))).toEqual([]);
    const development = [...listed('training groups'), ...listed('validation groups')].flat();
    expect(development.filter((name) => tested.includes(name))).toEqual([]);
  });

  it('refuses to split a set of official files before it prepares any', async () => {
    await expect(clce('split', 'folder')).rejects.toThrow(/^folder cannot be split with a reserve: /);
    expect(readdirSync(join(root, 'folder'))).toEqual(['extracted']);
  });

  it('verifies the files of a set, and says which files to place for a set behind a licence', async () => {
    expect(await clce('verify', 'folder')).toContain('1 classes, 1 samples');
    const fetched = await clce('fetch', 'imagenet-1k').catch((error: unknown) => error);
    expect(fetched).toMatchObject({ name: 'DatasetError' });
    expect(String(fetched)).toContain(join(root, 'imagenet-1k', 'archives'));
    expect(String(fetched)).not.toContain('\n');
  });
});

describe('clce data look', () => {
  const look = (...words: readonly string[]) => printedBy(addDataCommand, 'data', 'look', ...words);
  const folder = () => join(root, 'photos');

  it('says what a folder holds and can answer, before anything is trained', async () => {
    const dataRoot = join(root, 'few');
    cpSync(process.env['CLCE_TEST_FEW_ICONS']!, dataRoot, { recursive: true });
    const icons = await getDataset('icons').load({ dataRoot, size: 32 });
    for (const [place, label] of ['cats', 'dogs'].entries()) {
      mkdirSync(join(folder(), label), { recursive: true });
      for (let at = 0; at < 12; at++) {
        const { png } = await sheetOfClasses(icons, [12 * place + at], 1);
        writeFileSync(join(folder(), label, `clip${at >> 2}${label}_${at}.png`), png);
      }
    }
    writeFileSync(join(folder(), 'cats', 'notes\u001b.txt'), 'no picture');
    const report = await look(folder());
    // Two icons show the same open book.
    expect(report).toContain('24 pictures of 2 classes, 23 units that stay on one side');
    expect(report).toContain('  the largest group has 2: dogs/clip2dogs_10.png, dogs/clip2dogs_9.png');
    expect(report).toContain('the largest class, cats, has 50.0 % of the pictures');
    expect(report).toContain(String.raw`cats/notes\u001b.txt: a name that is not UTF-8`);
    const [, pattern] = /24 pictures look like frames of 6 sequences .*--group-pattern '(.*)' if/.exec(
      report,
    )!;
    expect(report).toMatch(/new pictures of these classes +yes, in up to \d folds/);
    expect(report).toMatch(/new classes .* no: 5-way episodes need 24 classes, .* and there are 2/);
    // With three units a class it can answer nothing: the report comes first, then the error.
    await expect(look(folder(), '--group-pattern', pattern!)).rejects.toThrow(
      /photos can answer no question: .*2 of 2 classes have fewer than 10 units .* the smallest cats with 3/,
    );
    const json = JSON.parse(await look(folder(), '--json')) as { readonly units: number };
    expect(json).toMatchObject({ units: 23, unused: [{ reason: 'name' }], sequences: { sequences: 6 } });
    await expect(look(folder(), '--groups', 'a.csv', '--group-pattern', '(a)')).rejects.toThrow('give one');
  });

  it('refuses a small folder in one line', async () => {
    for (const label of ['a', 'b', 'c']) {
      mkdirSync(join(root, 'small', label), { recursive: true });
      for (let at = 0; at < 5; at++) {
        writeFileSync(join(root, 'small', label, `${at}.png`), Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
      }
    }
    await expect(look(join(root, 'small'))).rejects.toThrow(
      /^[^\n]*small can answer no question: new pictures: 3 of 3 classes have fewer than 10 units [^\n]*$/,
    );
  });
});
