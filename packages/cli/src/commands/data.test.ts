import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetNames } from '@clce/datasets';
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
