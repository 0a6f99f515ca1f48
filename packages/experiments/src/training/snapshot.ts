/**
 * Snapshots of a training run, from which it goes on to the same bytes as if it had never stopped. Batches and draws are
 * functions of seed and step, so the state, the step and what has been recorded are all there is to keep.
 *
 * A file holds the key of what it belongs to and a digest of key, notes and tensors.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { openSafetensors, saveSafetensors, WeightFileError } from '@clce/backbones';
import type { HostTensor, HostTensors } from '@clce/engine';

export interface Snapshot {
  /** What is kept beside the tensors, as JSON holds it. */
  readonly notes: unknown;
  readonly tensors: HostTensors;
}

export interface Snapshots {
  /** Between two of them, in milliseconds. */
  readonly everyMs: number;
  /** The last one; undefined where there is none that can be believed. */
  load(): Promise<Snapshot | undefined>;
  /** In place of the last one, whole or not at all. @throws FileWriteError */
  save(snapshot: Snapshot): Promise<void>;
}

/** Gets a line about a file that is not used. */
export type Tell = (line: string) => void;

/** Snapshots of one cell, in one file. */
export function snapshotsIn(path: string, key: string, everyMs: number, tell: Tell): Snapshots {
  return {
    everyMs,
    load: () => loadSnapshot(path, key, (line) => tell(`${line}; the cell starts over`)),
    save: (snapshot) => saveSnapshot(path, key, snapshot),
  };
}

/** The same snapshots, those alone that this code has saved: half a training is not gone on with by another. */
export function snapshotsOf(
  code: string,
  { everyMs, load, save }: Snapshots,
  tell: Tell = () => {},
): Snapshots {
  return {
    everyMs,
    async load() {
      const found = await load();
      if (found === undefined) return undefined;
      const kept = found.notes as { readonly code: string; readonly notes: unknown };
      if (kept.code === code) return { ...found, notes: kept.notes };
      tell('the snapshot is of another training graph; the cell starts over');
      return undefined;
    },
    save: ({ notes, tensors }) => save({ notes: { code, notes }, tensors }),
  };
}

/** What was saved there for that key; undefined where there is nothing that can be believed. */
export async function loadSnapshot(path: string, key: string, tell: Tell): Promise<Snapshot | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const { tensors: stored, metadata = {} } = await openSafetensors(path);
    const { notes = '', key: owner, digest } = metadata;
    if (owner !== key) {
      tell(`${path} cannot be believed: it belongs to ${JSON.stringify(owner ?? null)}`);
      return undefined;
    }
    const tensors: Record<string, HostTensor> = {};
    // One after the other, because each read opens the file.
    for (const [name, tensor] of stored) tensors[name] = await tensor.read();
    if (digestOf(key, notes, tensors) === digest) return { notes: JSON.parse(notes), tensors };
    tell(`${path} cannot be believed: it has changed since it was written`);
  } catch (error) {
    if (!(error instanceof WeightFileError)) throw error;
    tell(`${path} cannot be believed: ${error.message}`);
  }
  return undefined;
}

/** In the format of weight files, whole or not at all. @throws FileWriteError */
export async function saveSnapshot(
  path: string,
  key: string,
  { notes: kept, tensors }: Snapshot,
): Promise<void> {
  const notes = JSON.stringify(kept);
  await saveSafetensors(path, tensors, { key, notes, digest: digestOf(key, notes, tensors) });
}

function digestOf(key: string, notes: string, tensors: HostTensors): string {
  const hash = createHash('sha256').update(JSON.stringify([key, notes]));
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = tensors[name]!;
    hash
      .update(JSON.stringify([name, dtype, shape]))
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
