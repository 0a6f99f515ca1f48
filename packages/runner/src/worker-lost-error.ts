import { revivable, UserError } from '@clce/registry';

/** A worker process died or fell silent before it answered. The cell may be sound, so it is tried once more. */
export class WorkerLostError extends UserError {
  static {
    revivable(WorkerLostError);
  }
  override readonly name = 'WorkerLostError';
}
