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
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFile } from '@clce/files';
import type { RemoteFile } from '../adapter.ts';
import { DatasetError } from '../errors.ts';

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

/** What has arrived of which version of a file. */
interface PartState {
  url: string;
  size: number;
  etag: string | null;
  lastModified: string | null;
  rangeBytes: number;
  /** Bytes that have arrived of each range, from its start. */
  received: number[];
}

/** How a server describes the file. */
interface Offer {
  url: string;
  /** Undefined where the server does not say. */
  size: number | undefined;
  ranges: boolean;
  etag: string | null;
  lastModified: string | null;
}

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
    offer.ranges && size !== undefined ? await resumable(path, { ...offer, size }, settings) : undefined;
  const arrived = state === undefined ? 0 : sum(state.received);
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

/** The state that an earlier call left behind if it fits, otherwise a fresh one. */
async function resumable(
  path: string,
  offer: Offer & { size: number },
  settings: Settings,
): Promise<PartState> {
  const { url, size, etag, lastModified } = offer;
  const rangeBytes = settings.rangeBytes;
  const fresh = { url, size, etag, lastModified, rangeBytes, received: [] };
  const text = await nodeFiles.readFile(`${path}.part.json`, 'utf8').catch(() => undefined);
  const length = await nodeFiles.stat(`${path}.part`).then(
    (part) => part.size,
    () => undefined,
  );
  const state = parsedState(text);
  const same =
    length !== undefined &&
    state?.size === size &&
    state.etag === etag &&
    state.lastModified === lastModified;
  const ranges = state !== undefined && same ? state : { ...fresh };
  const count = Math.ceil(size / ranges.rangeBytes);
  return { ...ranges, url, received: Array.from({ length: count }, (_, i) => ranges.received[i] ?? 0) };
}

function parsedState(text: string | undefined): PartState | undefined {
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as PartState;
    const valid = Array.isArray(state.received) && Number.isInteger(state.rangeBytes) && state.rangeBytes > 0;
    return valid ? state : undefined;
  } catch (error) {
    // Cut off by a crash: the part is fetched anew.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function fetchRanges(
  state: PartState,
  path: string,
  part: nodeFiles.FileHandle,
  settings: Settings,
): Promise<void> {
  const { url, size, rangeBytes, received } = state;
  const lengthOf = (range: number): number => Math.min(rangeBytes, size - range * rangeBytes);
  let saved = performance.now();
  let arrived = sum(received);
  let next = 0;
  const stop = new AbortController();
  const own: Settings = {
    ...settings,
    signal: AbortSignal.any([stop.signal, ...(settings.signal ? [settings.signal] : [])]),
  };
  const save = async (): Promise<void> => {
    saved = performance.now();
    await writeFile(`${path}.part.json`, JSON.stringify(state));
  };

  async function fetchRange(range: number): Promise<void> {
    const start = range * rangeBytes + received[range]!;
    const end = range * rangeBytes + lengthOf(range);
    if (start === end) return;
    await request(url, { range: `bytes=${start}-${end - 1}` }, own, async (response, alive) => {
      checkRange(response, state, start);
      for await (const chunk of bodyOf(response)) {
        alive();
        const wanted = lengthOf(range) - received[range]!;
        if (chunk.length > wanted) throw new Refusal('sent more bytes than were asked for');
        await asDiskFull(path, () => writeAll(part, chunk, range * rangeBytes + received[range]!));
        received[range] = received[range]! + chunk.length;
        arrived += chunk.length;
        settings.onProgress(arrived, size);
        if (performance.now() - saved > SAVE_EVERY_MS) await save();
      }
      if (received[range]! < lengthOf(range)) throw new Interruption('stopped before the end of a range');
    });
  }

  async function work(): Promise<void> {
    for (let range = next++; range < received.length; range = next++) {
      const mine = range;
      await patiently(
        url,
        own,
        () => fetchRange(mine),
        () => received[mine]!,
      );
    }
  }

  await save();
  try {
    const workers = Array.from({ length: settings.connections }, () =>
      work().catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    );
    const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
    // The others failed because this one did.
    if (failed !== undefined) throw stop.signal.reason;
  } finally {
    // What has arrived is kept, whatever happened; on a full disk the older state is still true.
    await save().catch((error: unknown) => {
      if (!isNoSpace(error)) throw error;
    });
  }
}

const SAVE_EVERY_MS = 2_000;

function checkRange(response: Response, state: PartState, start: number): void {
  if (response.status !== 206) throw new Refusal(`answered ${response.status} to a range`);
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
  const same =
    response.headers.get('etag') === state.etag &&
    response.headers.get('last-modified') === state.lastModified;
  if (Number(from) !== start) throw new Refusal(`sent another range than the one asked for`);
  if (!same || Number(total) !== state.size) throw new Refusal('changed the file while it was being fetched');
}

/** A server without ranges: from the start, every time. */
async function fetchWhole(
  url: string,
  size: number | undefined,
  path: string,
  part: nodeFiles.FileHandle,
  settings: Settings,
): Promise<void> {
  await part.truncate(0);
  let received = 0;
  await request(url, {}, settings, async (response, alive) => {
    for await (const chunk of bodyOf(response)) {
      alive();
      if (size !== undefined && received + chunk.length > size)
        throw new Refusal(`sent more than ${size} bytes`);
      await asDiskFull(path, () => writeAll(part, chunk, received));
      received += chunk.length;
      settings.onProgress(received, size);
    }
    if (size !== undefined && received < size)
      throw new Interruption(`stopped after ${received} of ${size} bytes`);
  });
}

/** Tries again, with growing pauses, as long as the fault may pass or something arrives. */
async function patiently<T>(
  url: string,
  settings: Settings,
  action: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let before = progress();
  for (let attempt = 1; ; ) {
    try {
      return await action();
    } catch (error) {
      settings.signal?.throwIfAborted();
      if (error instanceof Refusal)
        throw new DatasetError(`${url} ${error.message}.`, 'download', { cause: error });
      if (!(error instanceof Interruption)) throw error;
      attempt = progress() > before ? 1 : attempt + 1;
      before = progress();
      if (attempt > settings.attempts) {
        throw new DatasetError(
          `${url} ${error.message}, ${settings.attempts} times; run the same command to go on.`,
          'download',
          { cause: error },
        );
      }
      await sleep(settings.backoffMs * 2 ** (attempt - 1), undefined, {
        ...(settings.signal && { signal: settings.signal }),
      });
    }
  }
}

/** A fault that may pass: the connection broke, the server is overloaded. */
class Interruption extends Error {}

/** A fault that stays: no such file, a redirect loop, a server that does not do what it says. */
class Refusal extends Error {}

/** Status codes after which it makes sense to ask again (RFC 9110, section 15; RFC 6585). */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

async function request<T>(
  url: string,
  headers: Record<string, string>,
  settings: Settings,
  read: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const idle = new AbortController();
  const timer = setTimeout(
    () => idle.abort(new Interruption(`was silent for ${settings.idleMs / 1000} s`)),
    settings.idleMs,
  );
  const signals = [idle.signal, ...(settings.signal ? [settings.signal] : [])];
  // Set once the answer is there, so that the rest of a body that nobody reads is not fetched.
  const done = new AbortController();
  try {
    const response = await fetch(url, {
      // Compression by the way would make lengths and ranges mean something else.
      headers: { 'accept-encoding': 'identity', ...headers },
      signal: AbortSignal.any([...signals, done.signal]),
    });
    if (PASSING.has(response.status)) throw new Interruption(`answered ${response.status}`);
    if (!response.ok) throw new Refusal(`answered ${response.status} ${response.statusText}`.trim());
    return await read(response, () => timer.refresh());
  } catch (error) {
    if (idle.signal.aborted) throw idle.signal.reason;
    throw asNetworkFault(error);
  } finally {
    clearTimeout(timer);
    done.abort();
  }
}

/** `fetch` hides what happened in the cause. */
function asNetworkFault(error: unknown): unknown {
  if (!(error instanceof TypeError)) return error;
  const cause = error.cause instanceof Error ? error.cause : error;
  if (cause.message.includes('redirect count exceeded')) return new Refusal('redirects in a loop');
  const code = 'code' in cause ? String(cause.code) : '';
  const reason = cause.message === '' ? code : cause.message;
  // A name that does not exist or a certificate that does not fit will not change within seconds.
  if (['ENOTFOUND', 'ERR_INVALID_URL'].includes(code) || /certificate|self-signed/i.test(reason)) {
    return new Refusal(`cannot be reached (${reason})`);
  }
  return new Interruption(`broke off (${reason})`);
}

async function* bodyOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body !== null) for await (const chunk of response.body) yield chunk as Uint8Array;
}

async function writeAll(part: nodeFiles.FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await part.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}

/** @throws {DatasetError} `disk-full` if the file system has less than `bytes` left */
export async function checkSpace(
  folder: string,
  bytes: number,
  files: Pick<DownloadFiles, 'statfs'> = nodeFiles,
): Promise<void> {
  const { bavail, bsize } = await files.statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw new DatasetError(
    `${folder} needs ${gigabytes(bytes)} more, but the disk has ${gigabytes(bavail * bsize)} free; free some space ` +
      'or choose another folder (--data).',
    'disk-full',
  );
}

/** Turns a full disk into its typed error; everything else passes. */
export async function asDiskFull<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    throw new DatasetError(
      `cannot write ${path}: the disk is full; free some space and run the same command again (what has arrived is kept).`,
      'disk-full',
      { cause: error },
    );
  }
}

function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return code === 'ENOSPC' || code === 'EDQUOT' || isNoSpace(error.cause);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
