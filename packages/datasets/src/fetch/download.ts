/**
 * One file from a server that may be slow, wrong or gone half-way.
 *
 * The file is fetched in ranges (RFC 9110, section 14), several at a time, straight into `FILE.part`; `FILE.part.json`
 * says which bytes have arrived and which version of the file they belong to (ETag, Last-Modified). After a cut the same
 * call goes on from there, and starts over if the server has another version by then. A server without ranges is read
 * in one piece. Nothing but a file whose checksum has been compared is ever called FILE.
 */
import * as nodeFiles from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RemoteFile } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { asDiskFull, checkSpace } from './disk-space.ts';
import { arrivedOf, type Offer, resumable } from './part-state.ts';
import { fetchRanges, fetchWhole } from './ranges.ts';
import { patiently, request } from './request.ts';

/** The part of node:fs/promises that is used, so that a test can have it fail. */
export type DownloadFiles = Pick<typeof nodeFiles, 'open' | 'rename' | 'rm' | 'statfs'>;

export interface DownloadOptions {
  /** Ranges in flight at a time. */
  connections?: number;
  /** Bytes of one range. */
  rangeBytes?: number;
  /** Tries in a row without a byte of progress before an address is given up. */
  attempts?: number;
  /** Wait before the second try, doubled for each further one. */
  backoffMs?: number;
  /** A connection that is silent for so long is cut. */
  idleMs?: number;
  signal?: AbortSignal;
  onProgress?: (received: number, total: number | undefined) => void;
  files?: DownloadFiles;
}

type Settings = Required<Omit<DownloadOptions, 'signal'>> & Pick<DownloadOptions, 'signal'>;

/**
 * Fetches `file` to `path`, from the first of its addresses that works.
 *
 * @param check compares size and checksum of the finished part; what it throws discards the part
 * @throws {DatasetError} `download` with what each address answered, `checksum`, or `disk-full`; a part that can be
 * gone on with is left in `path`.part
 */
export async function download(
  file: RemoteFile,
  path: string,
  check: (part: string) => Promise<void>,
  options: DownloadOptions = {},
): Promise<void> {
  const settings: Settings = {
    connections: 4,
    rangeBytes: 8 * 2 ** 20,
    attempts: 5,
    backoffMs: 500,
    idleMs: 60_000,
    onProgress: () => {},
    files: nodeFiles,
    ...options,
  };
  await nodeFiles.mkdir(dirname(path), { recursive: true });
  const failures: DatasetError[] = [];
  for (const url of file.urls) {
    try {
      await fetchPart(file, url, path, settings);
      await checkPart(path, check, settings.files);
      await settings.files.rename(`${path}.part`, path);
      return;
    } catch (error) {
      if (!(error instanceof DatasetError) || error.fault === 'disk-full') throw error;
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  const reasons = failures.map(({ message }) => message).join(' ');
  throw new DatasetError(
    `${file.name} could not be fetched from any address: ${reasons}`,
    failures.at(-1)!.fault,
  );
}

async function checkPart(
  path: string,
  check: (part: string) => Promise<void>,
  files: DownloadFiles,
): Promise<void> {
  try {
    await check(`${path}.part`);
  } catch (error) {
    await files.rm(`${path}.part`, { force: true });
    throw error;
  } finally {
    await files.rm(`${path}.part.json`, { force: true });
  }
}

async function fetchPart(file: RemoteFile, url: string, path: string, settings: Settings): Promise<void> {
  const offer = await patiently(url, settings, () => ask(url, settings));
  if (file.size !== undefined && offer.size !== undefined && offer.size !== file.size) {
    throw new DatasetError(
      `${url} offers ${offer.size} bytes, but ${file.name} has ${file.size}; the file there is another one.`,
      'download',
    );
  }
  const size = offer.size ?? file.size;
  const state =
    offer.ranges && size !== undefined
      ? await resumable(path, { ...offer, size }, settings.rangeBytes)
      : undefined;
  const arrived = state === undefined ? 0 : arrivedOf(state);
  await checkSpace(dirname(path), (size ?? 0) - arrived, settings.files);
  const part = await asDiskFull(path, () =>
    settings.files.open(`${path}.part`, state === undefined || arrived === 0 ? 'w' : 'r+'),
  );
  try {
    if (state === undefined) {
      await patiently(url, settings, () => fetchWhole(url, size, path, part, settings));
    } else {
      await fetchRanges(state, path, part, settings);
    }
    await asDiskFull(path, () => part.sync());
  } catch (error) {
    // Without ranges there is nothing to go on with.
    if (state === undefined) await settings.files.rm(`${path}.part`, { force: true });
    throw error;
  } finally {
    await part.close();
  }
}

/** Asks for one byte: the answer says the size, the version, and whether ranges are served. */
async function ask(url: string, settings: Settings): Promise<Offer> {
  return request(url, { range: 'bytes=0-0' }, settings, async (response) => {
    const total = /^bytes 0-0\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    const whole = response.status === 200 ? response.headers.get('content-length') : null;
    const size = total ?? whole;
    return {
      url,
      size: size === null ? undefined : Number(size),
      ranges: response.status === 206 && total !== undefined,
      etag: response.headers.get('etag'),
      lastModified: response.headers.get('last-modified'),
    };
  });
}
