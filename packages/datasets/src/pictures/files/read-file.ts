/** Reads a file of the user's without waiting for a pipe that has taken its place. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A picture with more bytes is not read. */
const MOST_BYTES = 2 ** 29;

/** @throws Error in a few words, where the path is no regular file that can be read */
export async function withFile<Result>(
  path: string,
  read: (file: FileHandle, bytes: number) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new Error('it is no regular file any more');
    return await read(file, status.size);
  } finally {
    await file.close();
  }
}

/** All bytes of a file. @throws Error in a few words */
export function readWhole(path: string): Promise<Buffer> {
  return withFile(path, (file, bytes) => {
    if (bytes > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES / 2 ** 20} MiB`);
    return file.readFile();
  });
}
