/**
 * Snapshots of a training run, from which it goes on to the same bytes as if it had never stopped. Batches and draws are
 * functions of seed and step, so the state, the step and what has been recorded are all there is to keep.
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

/** Snapshots in one file. */
export function snapshotsIn(path: string, everyMs: number): Snapshots {
  return { everyMs, load: () => loadSnapshot(path), save: (snapshot) => saveSnapshot(path, snapshot) };
}

/** The same snapshots, those alone that this code has saved: half a training is not gone on with by another. */
export function snapshotsOf(code: string, { everyMs, load, save }: Snapshots): Snapshots {
  return {
    everyMs,
    async load() {
      const found = await load();
      const kept = found?.notes as { readonly code?: string; readonly notes: unknown } | undefined;
      return found !== undefined && kept?.code === code ? { ...found, notes: kept.notes } : undefined;
    },
    save: ({ notes, tensors }) => save({ notes: { code, notes }, tensors }),
  };
}

/** What was saved there; undefined where there is nothing that can be believed. */
export async function loadSnapshot(path: string): Promise<Snapshot | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const { tensors: stored, metadata = {} } = await openSafetensors(path);
    const tensors: Record<string, HostTensor> = {};
    // One after the other, because each read opens the file.
    for (const [name, tensor] of stored) tensors[name] = await tensor.read();
    const { notes = '', checksum } = metadata;
    return checksumOf(notes, tensors) === checksum ? { notes: JSON.parse(notes), tensors } : undefined;
  } catch (error) {
    if (error instanceof WeightFileError) return undefined;
    throw error;
  }
}

/** In the format of weight files, whole or not at all; a checksum tells whether it is as it was written. @throws FileWriteError */
export async function saveSnapshot(path: string, { notes: kept, tensors }: Snapshot): Promise<void> {
  const notes = JSON.stringify(kept);
  await saveSafetensors(path, tensors, { notes, checksum: checksumOf(notes, tensors) });
}

function checksumOf(notes: string, tensors: HostTensors): string {
  const hash = createHash('sha256').update(notes);
  for (const name of Object.keys(tensors).sort()) {
    const { shape, data } = tensors[name]!;
    hash.update(`${name} ${shape}`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
