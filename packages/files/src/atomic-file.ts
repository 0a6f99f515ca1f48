/**
 * Writes files that are complete or absent after a crash, a kill or a full disk.
 *
 * A write makes a temporary file in the same directory, syncs it, renames it, and syncs the directory. A rename is atomic
 * within a file system, on NFS too. Without the sync of the directory, a power cut may undo the rename (Pillai et al.,
 * OSDI 2014).
 */

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { revivable, UserError } from '@clce/registry';
import { ifAbsent } from './absence.ts';

/** The functions of node:fs/promises in use; a test can replace them by functions that fail. */
export type FileOperations = Pick<typeof nodeFiles, 'appendFile' | 'mkdir' | 'open' | 'rename' | 'rm'>;

export type FileContent = string | readonly Uint8Array[];

/** Content that is made while it is written. */
type MadeContent = FileContent | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes `content` to `path` and makes a missing directory. A failure leaves no partial file and does not change an
 * existing file.
 *
 * @param content text (UTF-8), or parts of bytes that are written one after the other
 * @throws FileWriteError
 */
export async function writeFile(
  path: string,
  content: MadeContent,
  files: FileOperations = nodeFiles,
): Promise<void> {
  try {
    await throughTemporary(path, content, files, (temporary) => files.rename(temporary, path));
  } catch (error) {
    throw new FileWriteError(path, error);
  }
}

/**
 * Whether `writeFile` could write `path` now; leaves no file and no folder. A run calls it before hours of work whose result goes
 * there.
 *
 * @throws FileWriteError
 */
export async function tryWrite(path: string, files: FileOperations = nodeFiles): Promise<void> {
  try {
    const found = await nodeFiles.stat(path).catch(ifAbsent(undefined));
    if (found?.isDirectory()) throw new Error('it is a folder');
    const firstMade = await files.mkdir(dirname(path), { recursive: true });
    try {
      await throughTemporary(path, '', files, (temporary) => files.rm(temporary));
    } finally {
      if (firstMade !== undefined) await removeEmpty(dirname(path), firstMade);
    }
  } catch (error) {
    throw new FileWriteError(path, error);
  }
}

/** Removes the folder and those above it, up to `last`, as far as they are empty. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  for (let at = resolve(folder); at.length >= resolve(last).length; at = dirname(at)) {
    const removed = await nodeFiles.rmdir(at).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/**
 * Creates `path`, unless the file exists. If several processes try at once, on one machine or over NFS, exactly one
 * succeeds: the file system creates a name once (O_EXCL). No file system has to know hard links.
 *
 * Another process may see the file before its content. A crash in between leaves the file empty, a failed write does not.
 *
 * @returns whether this call created it
 * @throws FileWriteError
 */
export async function createFile(
  path: string,
  content: string,
  files: FileOperations = nodeFiles,
): Promise<boolean> {
  try {
    await files.mkdir(dirname(path), { recursive: true });
    const file = await files.open(path, 'wx').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null;
      throw error;
    });
    if (file === null) return false;
    try {
      await file.writeFile(content);
    } catch (error) {
      await files.rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    throw new FileWriteError(path, error);
  }
}

/**
 * Appends a line to a file with one entry per line. A crash may cut the last line off. The next call still starts a new
 * line, so only the cut entry is lost.
 *
 * @throws FileWriteError
 */
export async function appendLine(
  path: string,
  line: string,
  files: FileOperations = nodeFiles,
): Promise<void> {
  try {
    await files.mkdir(dirname(path), { recursive: true });
    await files.appendFile(path, `${(await endsWithLine(path)) ? '' : '\n'}${line}\n`);
  } catch (error) {
    throw new FileWriteError(path, error);
  }
}

/** Whether the file is absent, empty, or ends with a line break. */
async function endsWithLine(path: string): Promise<boolean> {
  const file = await nodeFiles.open(path, 'r').catch(ifAbsent(undefined));
  if (file === undefined) return true;
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(new Uint8Array(1), 0, 1, Math.max(0, size - 1));
    return size === 0 || buffer[0] === '\n'.charCodeAt(0);
  } finally {
    await file.close();
  }
}

/** A file that could not be written: a full disk, a missing permission. The message is one line. */
export class FileWriteError extends UserError {
  static {
    revivable(FileWriteError);
  }
  override readonly name = 'FileWriteError';
  readonly file: string;

  constructor(file: string, cause: unknown) {
    const full =
      cause instanceof Error && 'code' in cause && ['ENOSPC', 'EDQUOT'].includes(String(cause.code));
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      full
        ? `cannot write ${file}: the disk is full; free some space and run again (what was finished is kept)`
        : `cannot write ${file}: ${reason}`,
      { cause },
    );
    this.file = file;
  }
}

/** Temporary files that are not in place yet. The process removes them when it exits. */
export const unfinished = new Set<string>();
process.on('exit', () => {
  for (const temporary of unfinished) rmSync(temporary, { force: true });
});

/** Writes a temporary file beside `path`, calls `putInPlace`, and syncs the directory. */
async function throughTemporary(
  path: string,
  content: MadeContent,
  files: FileOperations,
  putInPlace: (temporary: string) => Promise<void>,
): Promise<void> {
  const directory = dirname(path);
  const firstMade = await files.mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${basename(path)}.${randomUUID()}.tmp`);
  unfinished.add(temporary);
  try {
    await writeAndSync(temporary, content, files);
    await putInPlace(temporary);
  } catch (error) {
    await files.rm(temporary, { force: true });
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
  await syncDirectory(directory, files);
  if (firstMade !== undefined) await syncDirectory(dirname(firstMade), files);
}

export async function writeAndSync(path: string, content: MadeContent, files: FileOperations): Promise<void> {
  const file = await files.open(path, 'wx');
  try {
    for await (const part of typeof content === 'string' ? [content] : content) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function syncDirectory(directory: string, files: FileOperations): Promise<void> {
  const handle = await files.open(directory, 'r');
  try {
    await handle.sync().catch((error: NodeJS.ErrnoException) => {
      // Some shared and FAT file systems cannot sync a directory, and need no sync.
      if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(String(error.code))) throw error;
    });
  } finally {
    await handle.close();
  }
}
