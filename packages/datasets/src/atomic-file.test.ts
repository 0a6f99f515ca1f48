import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFileAtomically } from './atomic-file.ts';
import { DatasetError } from './errors.ts';

const disk = vi.hoisted(() => ({ bytesFree: Number.POSITIVE_INFINITY, code: 'ENOSPC' }));

// A disk that fills up cannot be made without a mount, so the file handle alone is replaced, by one that runs full.
vi.mock('node:fs/promises', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs/promises')>();
  return {
    ...fs,
    async open(...args: Parameters<typeof fs.open>) {
      const handle = await fs.open(...args);
      const write = handle.writeFile.bind(handle);
      handle.writeFile = async (data) => {
        disk.bytesFree -= (data as Uint8Array).byteLength;
        if (disk.bytesFree < 0) throw Object.assign(new Error('write failed'), { code: disk.code });
        return write(data);
      };
      return handle;
    },
  };
});

let folder: string;
beforeEach(async () => {
  disk.bytesFree = Number.POSITIVE_INFINITY;
  disk.code = 'ENOSPC';
  folder = await mkdtemp(join(tmpdir(), 'atomic-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('writeFileAtomically', () => {
  it('creates the folder, joins the parts and leaves nothing else', async () => {
    const path = join(folder, 'a', 'b', 'file.bin');
    await writeFileAtomically(path, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file.bin']);
  });

  it('on a full disk keeps the old file, leaves no partial one and says how much is needed', async () => {
    const path = join(folder, 'file.bin');
    await writeFile(path, 'old');
    disk.bytesFree = 150_000;
    const writing = writeFileAtomically(path, [new Uint8Array(100_000), new Uint8Array(100_000)]);
    await expect(writing).rejects.toThrow(
      new DatasetError(`The disk is full: ${path} needs 0.2 MB. Free some space and run again.`),
    );
    expect(await readdir(folder)).toEqual(['file.bin']);
    expect(await readFile(path, 'utf8')).toBe('old');
  });

  it('passes other errors on, and leaves no partial file either', async () => {
    disk.bytesFree = 0;
    disk.code = 'EIO';
    const writing = writeFileAtomically(join(folder, 'file.bin'), [Uint8Array.of(1)]);
    await expect(writing).rejects.toThrow('write failed');
    expect(await readdir(folder)).toEqual([]);
  });
});
