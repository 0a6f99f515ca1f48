import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashFolders } from './folder-hash.ts';

let root: string;
const write = (file: string, text: string) => writeFileSync(join(root, file), text);
const hash = (version?: string) => hashFolders([root], version);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-folders-'));
  mkdirSync(join(root, 'reference'));
  write('clce.ts', 'export const loss = 1;');
  write('reference/clce.ts', 'export const loss = 1;');
});
afterEach(() => rmSync(root, { recursive: true }));

it('changes with every byte, file, name and version', () => {
  const before = hash();
  expect(before).toMatch(/^[0-9a-f]{64}$/);
  expect(hash('4.22.0')).not.toBe(before);
  write('clce.ts', 'export const loss = 2;');
  const edited = hash();
  renameSync(join(root, 'clce.ts'), join(root, 'moved.ts'));
  const moved = hash();
  write('more.js', '');
  expect(new Set([before, edited, moved, hash()]).size).toBe(4);
});

it('is that of the contents, wherever the folder lies, and of programs alone', () => {
  const before = hash();
  for (const other of ['clce.test.ts', 'clce.d.ts', 'README.md', 'tsconfig.json']) write(other, 'anything');
  expect(hash()).toBe(before);
  const elsewhere = `${root}-moved`;
  renameSync(root, elsewhere);
  root = elsewhere;
  expect(hash()).toBe(before);
});
