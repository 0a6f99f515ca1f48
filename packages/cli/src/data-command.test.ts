import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { datasetNames } from '@clce/datasets';
import { execaNode } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const tsx = createRequire(import.meta.url).resolve('tsx');

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-data-'));
  const pictures = join(root, 'folder', 'extracted', 'a-class');
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, 'one.png'), 'a picture is not decoded here');
});
afterAll(() => rmSync(root, { recursive: true }));

function clce(...options: string[]) {
  return execaNode(main, ['data', ...options, '--data', root], {
    nodeOptions: ['--import', tsx],
    reject: false,
  });
}

describe('clce data', () => {
  it('lists every set with its state and place', async () => {
    const { stdout } = await clce('list');
    const rows = stdout.split('\n').filter((line) => line.startsWith('│'));
    expect(rows).toHaveLength(1 + datasetNames().length);
    for (const name of datasetNames()) expect(stdout).toContain(`│ ${name} `);
    expect(stdout).toMatch(/folder +│ ready \(pictures\)/);
    expect(stdout).toMatch(/cub-200-2011 +│ absent +│ +0 kB │ +1\.2 GB/);
  });

  it('prints the folder of a set that is there, and says so where it is not', async () => {
    expect((await clce('path', 'folder')).stdout).toBe(join(root, 'folder', 'extracted'));
    const { exitCode, stderr } = await clce('path', 'cub-200-2011');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error: cub-200-2011 is not there (absent)');
  });

  it('verifies what is there, and says what to place for a set behind a licence', async () => {
    expect((await clce('verify', 'folder')).stdout).toContain('1 classes, 1 samples');
    const { exitCode, stderr } = await clce('fetch', 'imagenet-1k');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(join(root, 'imagenet-1k', 'archives'));
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
