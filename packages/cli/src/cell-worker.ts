/** What a worker process runs: one cell at a time, from its specification alone. */
import { type CellResult, type CellSpec, runCell } from '@clce/experiments';

interface WorkerContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { step: number; steps: number; message: string }) => void;
}

export function run(spec: CellSpec, { signal, onProgress }: WorkerContext): Promise<CellResult> {
  const dataRoot = required('CLCE_DATA');
  const weightFiles = JSON.parse(required('CLCE_WEIGHTS')) as Record<string, string>;
  const threads = Number(required('CLCE_THREADS'));
  return runCell(spec, { dataRoot, threads, weightFiles, signal, onProgress });
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new TypeError(`a worker process needs ${variable}`);
  return value;
}
