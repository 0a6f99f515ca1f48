/**
 * Downloads one file from a server that may be slow, wrong or interrupted.
 *
 * Several ranges (RFC 9110, section 14) are fetched at a time, directly into `FILE.part`. `FILE.part.json` records the
 * received bytes and the version of the file (ETag, Last-Modified). After an interruption the same call resumes there; it
 * starts over if the server has another version by then. A server without ranges is read in one piece. A file gets its
 * name FILE only after its checksum has been compared.
 */
import * as nodeFiles from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RemoteFile } from '../adapter.ts';
import { DatasetError } from '../errors.ts';
import { asDiskFull, checkSpace } from './disk-space.ts';
import { arrivedOf, type Offer, resumable } from './part-state.ts';
import { fetchRanges, fetchWhole } from './ranges.ts';
import { patiently, request } from './request.ts';

/** The functions of node:fs/promises in use, so that a test can make them fail. */
export type DownloadFiles = Pick<typeof nodeFiles, 'open' | 'rename' | 'rm' | 'statfs'>;

export interface DownloadOptions {
  /** Ranges fetched at the same time. */
  connections?: number;
  /** Bytes of one range. */
  rangeBytes?: number;
  /** Consecutive tries without progress before an address is given up. */
  attempts?: number;
  /** Pause before the second try; it doubles for each further try. */
  backoffMs?: number;
  /** Silence after which a connection is closed. */
  idleMs?: number;
  signal?: AbortSignal;
  onProgress?: (received: number, total: number | undefined) => void;
  files?: DownloadFiles;
}

type AllOptions = Required<Omit<DownloadOptions, 'signal'>> & Pick<DownloadOptions, 'signal'>;

/**
 * Fetches `file` to `path` from the first address that works.
 *
 * @param check compares size and checksum of the finished part; the part is discarded if it throws
 * @throws {DatasetError} `download` with the answer of each address, `checksum`, or `disk-full`; a resumable part stays
 * in `path`.part
 */
export async function download(
  file: RemoteFile,
  path: string,
  check: (part: string) => Promise<void>,
  given: DownloadOptions = {},
): Promise<void> {
  const options: AllOptions = {
    connections: 4,
    rangeBytes: 8 * 2 ** 20,
    attempts: 5,
    backoffMs: 500,
    idleMs: 60_000,
    onProgress: () => {},
    files: nodeFiles,
    ...given,
  };
  await nodeFiles.mkdir(dirname(path), { recursive: true });
  const failures: DatasetError[] = [];
  for (const url of file.urls) {
    try {
      await fetchPart(file, url, path, options);
      await checkPart(path, check, options.files);
      await options.files.rename(`${path}.part`, path);
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

async function fetchPart(file: RemoteFile, url: string, path: string, options: AllOptions): Promise<void> {
  const offer = await patiently(url, options, () => ask(url, options));
  if (file.size !== undefined && offer.size !== undefined && offer.size !== file.size) {
    throw new DatasetError(
      `${url} offers ${offer.size} bytes, but ${file.name} has ${file.size}; it is another file.`,
      'download',
    );
  }
  const size = offer.size ?? file.size;
  const state =
    offer.ranges && size !== undefined
      ? await resumable(path, { ...offer, size }, options.rangeBytes)
      : undefined;
  const arrived = state === undefined ? 0 : arrivedOf(state);
  await checkSpace(dirname(path), (size ?? 0) - arrived, options.files);
  const part = await asDiskFull(path, () =>
    options.files.open(`${path}.part`, state === undefined || arrived === 0 ? 'w' : 'r+'),
  );
  try {
    if (state === undefined) {
      await patiently(url, options, () => fetchWhole(url, size, path, part, options));
    } else {
      await fetchRanges(state, path, part, options);
    }
    await asDiskFull(path, () => part.sync());
  } catch (error) {
    // Without ranges the part cannot be resumed.
    if (state === undefined) await options.files.rm(`${path}.part`, { force: true });
    throw error;
  } finally {
    await part.close();
  }
}

/** Requests one byte, to learn the size, the version and whether the server supports ranges. */
async function ask(url: string, options: AllOptions): Promise<Offer> {
  return request(url, { range: 'bytes=0-0' }, options, async (response) => {
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
