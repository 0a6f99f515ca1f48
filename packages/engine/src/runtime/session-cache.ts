/**
 * Sessions by the graph that they run: one that is compiled again while the first is in use, or straight after, is not
 * made again.
 *
 * A session holds the memory of its activations, gigabytes where the model is large. So those that nobody uses last
 * only until another graph is compiled, and two large models never stand in memory for the sake of the first.
 */
import { createHash } from 'node:crypto';
import * as ort from 'onnxruntime-node';

export interface SharedSession {
  readonly session: ort.InferenceSession;
  /** For one more user. */
  share(): SharedSession;
  /** To be called once by each user, who uses it no more. */
  release(): void;
}

interface Entry {
  readonly made: Promise<ort.InferenceSession>;
  users: number;
}

const entries = new Map<string, Entry>();

/** @param bytes an ONNX file */
export async function sharedSession(
  bytes: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<SharedSession> {
  const key = createHash('sha256').update(JSON.stringify(options)).update(bytes).digest('hex');
  const entry = entries.get(key) ?? { made: makeAfter(takeIdle(), bytes, options), users: 0 };
  entries.set(key, entry);
  entry.users++;
  try {
    return shared(entry, await entry.made);
  } catch (error) {
    if (entries.get(key) === entry) entries.delete(key);
    throw error;
  }
}

function shared(entry: Entry, session: ort.InferenceSession): SharedSession {
  return {
    session,
    share() {
      entry.users++;
      return shared(entry, session);
    },
    release() {
      entry.users--;
    },
  };
}

function takeIdle(): Entry[] {
  const idle = [...entries].filter(([, { users }]) => users === 0);
  for (const [key] of idle) entries.delete(key);
  return idle.map(([, entry]) => entry);
}

async function makeAfter(
  idle: readonly Entry[],
  bytes: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  for (const { made } of idle) await (await made).release();
  return ort.InferenceSession.create(bytes, options);
}
