import { UserError } from '@clce/registry';

/** A worker process that died or fell silent while it ran a cell: the cell may be as good as any, and is tried once more. */
export class WorkerLostError extends UserError {
  override readonly name = 'WorkerLostError';
}
