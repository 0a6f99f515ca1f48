/**
 * Archives from strangers, unpacked into one folder and nowhere else.
 *
 * Entries are streamed: nothing is held whole in memory. Only plain files and folders are made. An absolute path, a
 * `..`, a backslash or a drive letter, a link of either kind, a device, more entries or bytes than the limits, or a
 * file that meets one written before (on a file system that ignores case, say) stops everything with a typed error.
 * docs/security.md lists the attacks; unpack.test.ts has each.
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

/** Wide enough for ImageNet (1.3 million files, 150 GB); photographs hardly shrink, lists of text by far less than 200. */
const LIMITS: UnpackLimits = { entries: 5_000_000, bytes: 1e12, ratio: 200 };

/** A small file may unpack to this much whatever the ratio. */
const RATIO_FREE_BYTES = 2 ** 20;

/** Opens a file for writing; a test can give one that fails. */
export type OpenOutput = (path: string) => NodeJS.WritableStream;

/** The name must be free: an archive that writes a file twice is refused. */
const openOutput: OpenOutput = (path) => createWriteStream(path, { flags: 'wx' });

/**
 * Unpacks a file into the extracted root, as its adapter says.
 *
 * @param archive where the checked file lies
 * @param root the folder to unpack into; the caller removes it where this throws
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

/** Counts what an archive unpacks to and stops it at its limits. */
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
  // A fault of the input ends the loop below with an error; it is thrown from there.
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

/** tar-stream's entries are not Node's streams: a pipeline does not notice one that broke before it was attached. */
async function* chunksOf(entry: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  yield* entry;
}

async function unpackZip(target: Target): Promise<void> {
  // yauzl checks names and sizes of its own accord; the paths are checked again below.
  const zip = await yauzl.openPromise(target.archive, { strictFileNames: true, validateEntrySizes: true });
  for await (const entry of zip.eachEntry()) {
    target.budget.entry();
    const path = safePath(target, entry.fileName);
    // Unix keeps the type of a file in the upper half of these bits; 0 is none, 0o100000 a file, 0o040000 a folder.
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

/** A hard link costs nothing; across file systems it has to be a copy. */
async function copyFile(from: string, to: string): Promise<void> {
  try {
    await nodeFiles.link(from, to);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP') throw error;
    await asDiskFull(to, () => nodeFiles.copyFile(from, to, nodeFiles.constants.COPYFILE_EXCL));
  }
}

/** @param checksum the CRC-32 of the content, where the archive says and the reader does not compare it */
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

/** Where an entry lands. @throws {DatasetError} `unsafe-path` where that is not below the folder, on any system */
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
  // What is left with a code comes from the file system: a missing permission, say. zlib's codes start with Z_ or ERR_.
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
