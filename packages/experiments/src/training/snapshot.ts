/**
 * Snapshots of a training run. A run that continues from a snapshot gives the same bytes as a run that never stopped. Batches and
 * draws are functions of seed and step, so a snapshot holds the state, the step and the record so far.
 *
 * A file holds the key of its owner and a digest of key, notes and tensors.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { openSafetensors, saveSafetensors } from '@clce/backbones';
import type { HostTensor, HostTensors } from '@clce/engine';

export interface Snapshot {
  /** Values beside the tensors, as JSON. */
  readonly notes: unknown;
  readonly tensors: HostTensors;
}

export interface Snapshots {
  /** Time between two snapshots, in milliseconds. */
  readonly everyMs: number;
  /** The last snapshot; undefined if there is none, or it is damaged. */
  load(): Promise<Snapshot | undefined>;
  /** Replaces the last snapshot, whole or not at all. @throws FileWriteError */
  save(snapshot: Snapshot): Promise<void>;
}

/** Called with one line about a file that cannot be used. */
export type Tell = (line: string) => void;

/** Snapshots of one cell, in one file. */
export function snapshotsIn(path: string, key: string, everyMs: number, tell: Tell): Snapshots {
  return {
    everyMs,
    load: () => loadSnapshot(path, key, (line) => tell(`${line}; the cell starts over`)),
    save: (snapshot) => saveSnapshot(path, key, snapshot),
  };
}

/** The snapshots that this code has saved. Other code never continues a half-finished training. */
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

/** The snapshot that was saved there for this key; undefined if there is none, or it is damaged. */
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
    tell(`${path} cannot be believed: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

/** Writes the format of weight files, whole or not at all. @throws FileWriteError */
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
