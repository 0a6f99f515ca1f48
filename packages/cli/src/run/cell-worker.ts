/** What a worker process runs: one cell at a time, from its specification alone. */
import { basename, join } from 'node:path';
import {
  addPlannedFiles,
  type CellSpec,
  type Code,
  type PlannedFile,
  runCell,
  snapshotsIn,
} from '@clce/experiments';
import type { CellResult } from '@clce/results';
import { requireEngine } from './engine-check.ts';

interface WorkerContext {
  readonly signal: AbortSignal;
  /** The cell's own, for what it goes on from when it is interrupted. */
  readonly directory: string;
  readonly onProgress: (progress: { step: number; steps: number; message: string }) => void;
  readonly onAccount: (account: Code) => void;
  readonly onNote: (note: string) => void;
}

/** In place of a cell: whether the engine works here. Answered with null. */
export interface EngineTrial {
  readonly kind: 'engine-trial';
  readonly engine: string;
}

export async function run(
  spec: CellSpec | EngineTrial,
  { directory, signal, onProgress, onAccount, onNote }: WorkerContext,
): Promise<CellResult | null> {
  if (spec.kind === 'engine-trial') {
    await requireEngine(spec.engine);
    return null;
  }
  await addPlannedFiles(JSON.parse(required('CLCE_OWN_FILES')) as PlannedFile[]);
  const dataRoot = required('CLCE_DATA');
  const weightFiles = JSON.parse(required('CLCE_WEIGHTS')) as Record<string, string>;
  const threads = Number(required('CLCE_THREADS'));
  const snapshots = snapshotsIn(
    join(directory, 'snapshot.safetensors'),
    // The ledger names a cell's folder after its key.
    basename(directory),
    Number(required('CLCE_SNAPSHOT_MS')),
    onNote,
  );
  return runCell(spec, {
    ...{ dataRoot, threads, weightFiles, signal, onProgress, onCode: onAccount, onNote, snapshots },
    dataWorkers: Number(required('CLCE_DATA_WORKERS')),
    ...(required('CLCE_SAVE_WEIGHTS') === 'true' && { saveWeights: join(directory, 'weights.safetensors') }),
  });
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new TypeError(`a worker process needs ${variable}`);
  return value;
}
