/**
 * A cache of sessions, keyed by graph and options. A graph that is compiled again while its session is in use, or before
 * another graph is compiled, shares the session.
 *
 * A session holds the memory of its activations, gigabytes for a large model. So compiling another graph first releases
 * the sessions that have no user, and no idle large model stays in memory beside a new one.
 */
import { createHash } from 'node:crypto';
import * as ort from 'onnxruntime-node';

export interface SharedSession {
  readonly session: ort.InferenceSession;
  /** Adds a user. */
  share(): SharedSession;
  /** Each user calls it once, when it no longer needs the session. */
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
