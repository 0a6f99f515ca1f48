import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FileOperations, writeFile } from './atomic-file.ts';
import { temporaryDirectory } from './temporary-directory.ts';

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

describe('writeFile', () => {
  it('writes the file and the directories to it, and leaves nothing else', async () => {
    const directory = join(temporaryDirectory(), 'a', 'b');
    await writeFile(join(directory, 'result.json'), 'text');
    expect(readdirSync(directory)).toEqual(['result.json']);
    expect(readFileSync(join(directory, 'result.json'), 'utf8')).toBe('text');
  });

  it('leaves the old file alone and no partial one when the disk is full', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'result.json'), 'old');
    await expect(writeFile(join(directory, 'result.json'), 'new', fullDisk)).rejects.toThrow(
      'the disk is full',
    );
    expect(readdirSync(directory)).toEqual(['result.json']);
    expect(readFileSync(join(directory, 'result.json'), 'utf8')).toBe('old');
  });

  it('leaves no partial file when the rename fails', async () => {
    const directory = temporaryDirectory();
    const files = { ...nodeFiles, rename: () => Promise.reject(noSpace()) };
    await expect(writeFile(join(directory, 'result.json'), 'new', files)).rejects.toThrow('the disk is full');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('syncs the file before the rename, and the directory after it', async () => {
    const directory = temporaryDirectory();
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
    await writeFile(join(directory, 'result.json'), 'text', files);
    expect(order).toEqual(['sync file', 'rename', 'sync directory']);
  });
});
