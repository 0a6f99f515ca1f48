/** Compares files with their published checksums or, where none is published, with the first download, pinned in lock.json. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFile } from '@clce/files';
import type { RemoteFile } from '../adapter.ts';
import { DatasetError } from '../errors.ts';

/** The pin of a file, made at its first download. */
interface Pin {
  sha256: string;
  size: number;
}

type Lock = Record<string, Pin>;

/** `published`: equals the published checksum; `pinned`: equals the first download; `first`: is the first download. */
export type ChecksumVerdict = 'published' | 'pinned' | 'first';

/**
 * Checks a file of a set before its contents are used.
 *
 * @param path present path of the file, which may end in `.part`
 * @throws {DatasetError} `checksum` with both values, or with both sizes
 */
export async function checkFile(
  dataRoot: string,
  set: string,
  file: RemoteFile,
  path: string,
): Promise<ChecksumVerdict> {
  const { size } = await stat(path);
  if (file.size !== undefined && size !== file.size) {
    throw new DatasetError(`${path} has ${size} bytes; ${set} publishes ${file.size}.${ADVICE}`, 'checksum');
  }
  if (file.checksum !== 'pinned') {
    const { algorithm, value, source } = file.checksum;
    const found = await hashFile(path, algorithm);
    if (found === value) return 'published';
    throw new DatasetError(
      `${path} has ${algorithm} ${found}, expected ${value} (${source}).${ADVICE}`,
      'checksum',
    );
  }
  const pin = (await readLock(dataRoot))[`${set}/${file.name}`];
  if (pin === undefined) return 'first';
  const found = await hashFile(path, 'sha256');
  if (found === pin.sha256 && size === pin.size) return 'pinned';
  throw new DatasetError(
    `${path} has sha256 ${found}; ${lockPath(dataRoot)} has ${pin.sha256} from an earlier download. If the publisher ` +
      'changed the file, remove that entry; otherwise fetch it again.',
    'checksum',
  );
}

const ADVICE = ' It is damaged or another file; delete it and fetch again.';

/** Writes the SHA-256 of a file's first download into lock.json. */
export async function pin(dataRoot: string, set: string, file: RemoteFile, path: string): Promise<void> {
  const lock = await readLock(dataRoot);
  lock[`${set}/${file.name}`] = { sha256: await hashFile(path, 'sha256'), size: (await stat(path)).size };
  const sorted = Object.fromEntries(Object.entries(lock).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(lockPath(dataRoot), `${JSON.stringify(sorted, null, 2)}\n`);
}

export async function hashFile(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function readLock(dataRoot: string): Promise<Lock> {
  const path = lockPath(dataRoot);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return JSON.parse(text) as Lock;
  } catch (error) {
    throw new DatasetError(`${path} is not JSON; restore it from git or remove it.`, 'corrupt', {
      cause: error,
    });
  }
}

function lockPath(dataRoot: string): string {
  return join(dataRoot, 'lock.json');
}
