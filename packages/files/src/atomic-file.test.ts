import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileOperations, FileWriteError, tryWrite, writeFile } from './atomic-file.ts';

const noSpace = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

/** A file system that is full: half of the text is written, then the write fails. */
const fullDisk: FileOperations = {
  ...nodeFiles,
  open: async (path, flags, mode) => {
    const file = await nodeFiles.open(path, flags, mode);
    file.writeFile = async (text) => {
      await file.write(String(text).slice(0, String(text).length / 2));
      throw noSpace();
    };
    return file;
  },
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-files-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('writeFile', () => {
  it('writes the file and its missing directories, and no other file', async () => {
    const directory = join(root, 'a', 'b');
    await writeFile(join(directory, 'result.json'), 'text');
    expect(readdirSync(directory)).toEqual(['result.json']);
    expect(readFileSync(join(directory, 'result.json'), 'utf8')).toBe('text');
  });

  it('joins parts of bytes', async () => {
    await writeFile(join(root, 'pack'), [Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect([...readFileSync(join(root, 'pack'))]).toEqual([1, 2, 3]);
  });

  it('keeps the old file and leaves no partial file when the disk is full', async () => {
    writeFileSync(join(root, 'result.json'), 'old');
    await expect(writeFile(join(root, 'result.json'), 'new', fullDisk)).rejects.toThrow('the disk is full');
    expect(readdirSync(root)).toEqual(['result.json']);
    expect(readFileSync(join(root, 'result.json'), 'utf8')).toBe('old');
  });

  it('leaves no partial file when the rename fails', async () => {
    const files = { ...nodeFiles, rename: () => Promise.reject(noSpace()) };
    await expect(writeFile(join(root, 'result.json'), 'new', files)).rejects.toThrow('the disk is full');
    expect(readdirSync(root)).toEqual([]);
  });

  it('syncs the file before the rename, and the directory after it', async () => {
    const order: string[] = [];
    const files: FileOperations = {
      ...nodeFiles,
      open: async (path, flags, mode) => {
        const file = await nodeFiles.open(path, flags, mode);
        const sync = file.sync.bind(file);
        file.sync = () => {
          order.push(flags === 'r' ? 'sync directory' : 'sync file');
          return sync();
        };
        return file;
      },
      rename: (from, to) => {
        order.push('rename');
        return nodeFiles.rename(from, to);
      },
    };
    await writeFile(join(root, 'result.json'), 'text', files);
    expect(order).toEqual(['sync file', 'rename', 'sync directory']);
  });
});

describe('tryWrite', () => {
  it('changes nothing where the file could be written, whether it is there or not', async () => {
    writeFileSync(join(root, 'table.csv'), 'old');
    await tryWrite(join(root, 'table.csv'));
    await tryWrite(join(root, 'new', 'folder', 'table.csv'));
    expect(readFileSync(join(root, 'table.csv'), 'utf8')).toBe('old');
    expect(readdirSync(root)).toEqual(['table.csv']);
  });

  it.each([
    ['the disk is full', 'table.csv', fullDisk, /table\.csv: the disk is full/],
    ['a file is where its folder should be', join('file', 'table.csv'), nodeFiles, /file.table\.csv: E/],
    ['a folder is where it should be', 'folder', nodeFiles, /folder: it is a folder$/],
  ])('refuses where %s', async (_, name, files, message) => {
    writeFileSync(join(root, 'file'), '');
    mkdirSync(join(root, 'folder'));
    const error: unknown = await tryWrite(join(root, name), files).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FileWriteError);
    expect(String(error)).toMatch(message);
    expect(readdirSync(root).sort()).toEqual(['file', 'folder']);
  });
});
