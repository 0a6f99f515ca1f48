/**
 * A file that is there as a whole or not at all, after a crash, a kill or a full disk.
 *
 * Temporary file in the same directory → fsync → rename (atomic within a file system, on NFS too) → fsync of the
 * directory, without which the rename itself may be lost at a power cut (Pillai et al., OSDI 2014).
 */

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '@clce/registry';
import { ifAbsent } from './absence.ts';

/** The part of node:fs/promises that is used, so that a test can have it fail. */
export type FileOperations = Pick<
  typeof nodeFiles,
  'appendFile' | 'link' | 'mkdir' | 'open' | 'rename' | 'rm'
>;

type FileContent = string | readonly Uint8Array[];

/**
 * Write `content` to `path`, whose directory is made when it is missing. On failure no partial file is left and a file
 * that stood there before is untouched.
 * @param content text (UTF-8), or bytes in parts that are written one after the other
 * @throws FileWriteError
 */
export async function writeFile(
  path: string,
  content: FileContent,
  files: FileOperations = nodeFiles,
): Promise<void> {
  try {
    await throughTemporary(path, content, files, (temporary) => files.rename(temporary, path));
  } catch (error) {
    throw new FileWriteError(path, error);
  }
}

/**
 * Creates `path` with its whole content, unless there is one. Of several processes that try at once, on one machine or over
 * NFS, one succeeds: a link to a name that exists is refused, and the name never shows a part of the content.
 *
 * @returns whether this call created it
 * @throws FileWriteError
 */
export async function createFile(
  path: string,
  content: FileContent,
  files: FileOperations = nodeFiles,
): Promise<boolean> {
  try {
    return await throughTemporary(path, content, files, async (temporary) => {
      try {
        await files.link(temporary, path);
        return true;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
        throw error;
      } finally {
        await files.rm(temporary, { force: true });
      }
    });
  } catch (error) {
    throw new FileWriteError(path, error);
  }
}

/**
 * Appends a line to a file that is a line an entry. A crash may cut the last line off; the next one starts a line of its own
 * all the same, so that no more than that entry is lost.
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

/** Temporary files of this process; those that it has not put in place when it exits are removed. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const temporary of unfinished) rmSync(temporary, { force: true });
});

/** Writes a temporary file beside `path`, has it put in place, and syncs the directory. */
async function throughTemporary<Result>(
  path: string,
  content: FileContent,
  files: FileOperations,
  putInPlace: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const directory = dirname(path);
  const firstMade = await files.mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${basename(path)}.${randomUUID()}.tmp`);
  let result: Result;
  unfinished.add(temporary);
  try {
    await writeAndSync(temporary, content, files);
    result = await putInPlace(temporary);
  } catch (error) {
    await files.rm(temporary, { force: true });
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
  await syncDirectory(directory, files);
  if (firstMade !== undefined) await syncDirectory(dirname(firstMade), files);
  return result;
}

async function writeAndSync(path: string, content: FileContent, files: FileOperations): Promise<void> {
  const file = await files.open(path, 'wx');
  try {
    for (const part of typeof content === 'string' ? [content] : content) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(directory: string, files: FileOperations): Promise<void> {
  const handle = await files.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
