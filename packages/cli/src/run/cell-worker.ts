/** What a worker process runs: one cell or one trial at a time, from the message that asks for it. */
import { basename, join } from 'node:path';
import { addPlannedFiles, type CellSpec, type PlannedFile, runCell, snapshotsIn } from '@clce/experiments';
import type { CellResult } from '@clce/results';
import type { WorkerRun, WorkerTrial } from '@clce/runner';
import { requireEngine } from './engine-check.ts';

/** What a worker needs besides a cell's specification. No result depends on it. */
export interface WorkerSettings {
  /** The folder of data sets. */
  readonly dataRoot: string;
  /** Threads of the engine. */
  readonly threads: number;
  /** Paths of the files that cells start from, by hash. */
  readonly inputPaths: Readonly<Record<string, string>>;
  /** The user's losses and data sets. */
  readonly ownFiles: readonly PlannedFile[];
  /** Time between two snapshots of a cell in training. */
  readonly snapshotMs: number;
  /** Threads of each cell that make batches while it trains. */
  readonly dataWorkers: number;
  /** The folder of features that frozen extractors have computed; in the folder of data sets by default. */
  readonly featureFolder?: string;
  /** Whether a trained cell leaves its weights beside its result. */
  readonly saveWeights: boolean;
}

/** Whether the engine of this name works here. */
export const trial: WorkerTrial<string> = requireEngine;

export const run: WorkerRun<CellSpec, WorkerSettings, CellResult> = async (
  spec,
  { directory, signal, onProgress, onAccount, onNote = () => {} },
  { ownFiles, snapshotMs, saveWeights, ...settings },
) => {
  await addPlannedFiles(ownFiles);
  return runCell(spec, {
    ...settings,
    ...{ signal, onProgress, onNote },
    ...(onAccount && { onCode: onAccount }),
    // The ledger names a cell's folder after its key.
    snapshots: snapshotsIn(join(directory, 'snapshot.safetensors'), basename(directory), snapshotMs, onNote),
    ...(saveWeights && { saveWeights: join(directory, 'weights.safetensors') }),
  });
};
