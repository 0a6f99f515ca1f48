/**
 * Unpacks untrusted archives into one folder and nowhere else.
 *
 * Entries are streamed, so no file is held in memory. Only plain files and folders are created. These entries stop the
 * unpacking with a typed error: an absolute path, a `..`, a backslash or a drive letter; a link of either kind; a device;
 * more entries or bytes than the limits; a file that already exists (for example on a file system that ignores case).
 * docs/security.md lists the attacks, and unpack.test.ts tests each of them.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import yauzl from 'yauzl';
import type { RemoteFile, UnpackLimits } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { asDiskFull } from './disk-space.ts';

/** Limits that admit ImageNet (1.3 million files, 150 GB). Photographs hardly shrink, and text shrinks far less than 200 times. */
const LIMITS: UnpackLimits = { entries: 5_000_000, bytes: 1e12, ratio: 200 };

/** Every file may unpack to this many bytes, whatever its ratio. */
const RATIO_FREE_BYTES = 2 ** 20;

/** Opens a file for writing. Tests replace it to make writing fail. */
export type OpenOutput = (path: string) => NodeJS.WritableStream;

/** Opening fails if the file exists, so an archive that writes a file twice is refused. */
const openOutput: OpenOutput = (path) => createWriteStream(path, { flags: 'wx' });

/**
 * Unpacks a file into the extracted root, according to its adapter.
 *
 * @param archive path of the checked file
 * @param root the folder to unpack into; the caller removes it if this throws
 * @throws {DatasetError} `unsafe-path`, `unsafe-entry`, `too-large`, `corrupt` or `disk-full`, with archive and entry
 */
export async function unpack(
  file: RemoteFile,
  archive: string,
  root: string,
  open: OpenOutput = openOutput,
): Promise<void> {
  const { format, into = '', limits, nestedTars = false } = file.unpack;
  const folder = join(root, into);
  await nodeFiles.mkdir(folder, { recursive: true });
  const { size } = await nodeFiles.stat(archive);
  const target: Target = {
    archive,
    folder,
    budget: newBudget(archive, size, { ...LIMITS, ...limits }),
    open,
  };
  try {
    if (format === 'tar')
      await unpackTar(createReadStream(archive), target, nestedTars, await isGzip(archive));
    else if (format === 'zip') await unpackZip(target);
    else if (format === 'gzip') await unpackGzip(target);
    else await copyFile(archive, join(folder, basename(archive)));
  } catch (error) {
    throw asArchiveFault(archive, error);
  }
}

interface Target {
  archive: string;
  folder: string;
  budget: Budget;
  open: OpenOutput;
}

/** Counts unpacked entries and bytes, and throws at the limits. */
interface Budget {
  entry(): void;
  bytes(count: number): void;
}

function newBudget(archive: string, packedBytes: number, limits: UnpackLimits): Budget {
  let entries = 0;
  let bytes = 0;
  const most = Math.min(limits.bytes, Math.max(RATIO_FREE_BYTES, packedBytes * limits.ratio));
  return {
    entry() {
      entries++;
      if (entries > limits.entries) {
        throw new DatasetError(
          `${archive} has more than ${limits.entries} entries; nothing of it is kept.`,
          'too-large',
        );
      }
    },
    bytes(count) {
      bytes += count;
      if (bytes > most) {
        throw new DatasetError(
          `${archive} (${packedBytes} bytes) unpacks to more than ${most} bytes; nothing of it is kept.`,
          'too-large',
        );
      }
    },
  };
}

async function unpackTar(input: Readable, target: Target, nested: boolean, gzipped: boolean): Promise<void> {
  const extract = tar.extract();
  const feeding = gzipped ? pipeline(input, createGunzip(), extract) : pipeline(input, extract);
  // A fault of the input also ends the loop below, which throws it.
  feeding.catch(() => {});
  for await (const entry of extract) {
    const { name, type } = entry.header;
    target.budget.entry();
    const path = safePath(target, name);
    if (type === 'directory') {
      await nodeFiles.mkdir(path, { recursive: true });
      entry.resume();
    } else if (type !== 'file' && type !== 'contiguous-file') {
      throw new DatasetError(
        `${target.archive} has ${name}, a ${type ?? 'thing of unknown type'}; only files and folders are unpacked.`,
        'unsafe-entry',
      );
    } else if (nested && name.endsWith('.tar')) {
      const folder = path.slice(0, -'.tar'.length);
      await nodeFiles.mkdir(folder, { recursive: true });
      await unpackTar(Readable.from(chunksOf(entry)), { ...target, folder }, false, false);
    } else {
      await writeEntry(Readable.from(chunksOf(entry)), path, target);
    }
  }
  await feeding;
}

/** Wraps an entry of tar-stream, which is not a Node stream: a pipeline would miss an error from before it was attached. */
async function* chunksOf(entry: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  yield* entry;
}

async function unpackZip(target: Target): Promise<void> {
  // yauzl checks names and sizes. `safePath` checks the paths again.
  const zip = await yauzl.openPromise(target.archive, { strictFileNames: true, validateEntrySizes: true });
  for await (const entry of zip.eachEntry()) {
    target.budget.entry();
    const path = safePath(target, entry.fileName);
    // The upper half of these bits holds the Unix file type: 0 for none, 0o100000 for a file, 0o040000 for a folder.
    const type = (entry.externalFileAttributes >>> 16) & 0o170000;
    if (type !== 0 && type !== 0o100000 && type !== 0o040000) {
      throw new DatasetError(
        `${target.archive} has ${entry.fileName}, a link or device; only files and folders are unpacked.`,
        'unsafe-entry',
      );
    }
    if (entry.fileName.endsWith('/')) await nodeFiles.mkdir(path, { recursive: true });
    else await writeEntry(await zip.openReadStreamPromise(entry), path, target, entry.crc32);
  }
}

async function unpackGzip(target: Target): Promise<void> {
  const path = join(target.folder, basename(target.archive).replace(/\.gz$/, ''));
  const unpacked = createReadStream(target.archive).pipe(createGunzip());
  await writeEntry(unpacked, path, target);
}

/** Makes a hard link, which needs no space. Across file systems it makes a copy. */
async function copyFile(from: string, to: string): Promise<void> {
  try {
    await nodeFiles.link(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP') throw error;
    await asDiskFull(to, () => nodeFiles.copyFile(from, to, nodeFiles.constants.COPYFILE_EXCL));
  }
}

/** @param checksum the expected CRC-32, for archives whose reader does not compare it */
async function writeEntry(
  entry: Readable,
  path: string,
  { archive, budget, open }: Target,
  checksum?: number,
): Promise<void> {
  await nodeFiles.mkdir(dirname(path), { recursive: true });
  let found = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        budget.bytes(chunk.length);
        if (checksum !== undefined) found = crc32(chunk, found);
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  await asDiskFull(path, () => pipeline(entry, counted, open(path)));
  if (checksum !== undefined && found !== checksum) {
    throw new DatasetError(
      `${archive} is damaged (CRC-32 of ${path}); delete it and fetch it again.`,
      'corrupt',
    );
  }
}

/** Path of an entry on disk. @throws {DatasetError} `unsafe-path` where it could leave the folder on any system */
function safePath({ archive, folder }: Target, name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const unsafe = name.startsWith('/') || /[\\\0]/.test(name) || /^[a-z]:/i.test(name) || parts.includes('..');
  if (unsafe) {
    throw new DatasetError(
      `${archive} has an entry ${JSON.stringify(name)}, which leads out of its folder; nothing of it is kept.`,
      'unsafe-path',
    );
  }
  return join(folder, ...parts);
}

function asArchiveFault(archive: string, error: unknown): unknown {
  if (error instanceof DatasetError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  if (/^(absolute path|invalid relative path|invalid characters in fileName)/.test(error.message)) {
    return new DatasetError(`${archive}: ${error.message}; nothing of it is kept.`, 'unsafe-path', {
      cause: error,
    });
  }
  if (code === 'EEXIST') {
    return new DatasetError(`${archive} writes a file twice (${error.message}).`, 'corrupt', {
      cause: error,
    });
  }
  // Other codes that start with E come from the file system, such as a missing permission. zlib's codes start with Z_ or ERR_.
  if (/^E[A-Z]+$/.test(code)) return error;
  return new DatasetError(
    `${archive} is damaged (${error.message}); delete it and fetch it again.`,
    'corrupt',
    { cause: error },
  );
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await nodeFiles.open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
