/** Writes the body of a file into its part: in several ranges at a time (RFC 9110, section 14), or in one piece. */
import type { FileHandle } from 'node:fs/promises';
import { asDiskFull, isNoSpace } from './disk-space.ts';
import { arrivedOf, type PartState, savePartState } from './part-state.ts';
import { bodyOf, Interruption, type Patience, patiently, Refusal, request } from './request.ts';

export interface TransferOptions extends Patience {
  /** Ranges fetched at the same time. */
  connections: number;
  onProgress: (received: number, total: number | undefined) => void;
}

export async function fetchRanges(
  state: PartState,
  path: string,
  part: FileHandle,
  options: TransferOptions,
): Promise<void> {
  const { url, size, rangeBytes, received } = state;
  const lengthOf = (range: number): number => Math.min(rangeBytes, size - range * rangeBytes);
  let saved = performance.now();
  let arrived = arrivedOf(state);
  let next = 0;
  const stop = new AbortController();
  const own: TransferOptions = {
    ...options,
    signal: AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]),
  };
  const save = async (): Promise<void> => {
    saved = performance.now();
    await savePartState(path, state);
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
        if (chunk.length > wanted) throw new Refusal('sent more bytes than requested');
        await asDiskFull(path, () => writeAll(part, chunk, range * rangeBytes + received[range]!));
        received[range] = received[range]! + chunk.length;
        arrived += chunk.length;
        options.onProgress(arrived, size);
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
    const workers = Array.from({ length: options.connections }, () =>
      work().catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    );
    const failed = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
    // The first failure aborted all other ranges, so only its reason is thrown.
    if (failed !== undefined) throw stop.signal.reason;
  } finally {
    // Received bytes are recorded after any failure. On a full disk the older record stays valid.
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
  if (Number(from) !== start) throw new Refusal(`sent another range than requested`);
  if (!same || Number(total) !== state.size) throw new Refusal('changed the file during the download');
}

/** Fetches the whole file from its start, for servers without ranges. */
export async function fetchWhole(
  url: string,
  size: number | undefined,
  path: string,
  part: FileHandle,
  options: TransferOptions,
): Promise<void> {
  await part.truncate(0);
  let received = 0;
  await request(url, {}, options, async (response, alive) => {
    for await (const chunk of bodyOf(response)) {
      alive();
      if (size !== undefined && received + chunk.length > size)
        throw new Refusal(`sent more than ${size} bytes`);
      await asDiskFull(path, () => writeAll(part, chunk, received));
      received += chunk.length;
      options.onProgress(received, size);
    }
    if (size !== undefined && received < size)
      throw new Interruption(`stopped after ${received} of ${size} bytes`);
  });
}

async function writeAll(part: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await part.write(chunk, written, chunk.length - written, position + written);
    written += bytesWritten;
  }
}
