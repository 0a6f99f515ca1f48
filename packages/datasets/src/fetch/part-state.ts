/** `FILE.part.json` records the received bytes of `FILE.part`, and the version of the file. */
import * as nodeFiles from 'node:fs/promises';
import { writeFile } from '@clce/files';

/** The received bytes of a version of a file. */
export interface PartState {
  url: string;
  size: number;
  etag: string | null;
  lastModified: string | null;
  rangeBytes: number;
  /** Received bytes of each range, from its start. */
  received: number[];
}

/** A server's description of the file. */
export interface Offer {
  url: string;
  /** Undefined where the server does not report the size. */
  size: number | undefined;
  ranges: boolean;
  etag: string | null;
  lastModified: string | null;
}

/** The state of an earlier call if it matches the offer, otherwise a fresh state. */
export async function resumable(
  path: string,
  offer: Offer & { size: number },
  rangeBytes: number,
): Promise<PartState> {
  const { url, size, etag, lastModified } = offer;
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
    // A crash truncated the file, so the part is fetched again.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Total received bytes. */
export function arrivedOf({ received }: PartState): number {
  return received.reduce((total, value) => total + value, 0);
}

export async function savePartState(path: string, state: PartState): Promise<void> {
  await writeFile(`${path}.part.json`, JSON.stringify(state));
}
