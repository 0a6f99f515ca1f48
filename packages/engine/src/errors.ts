import { revivable, UserError } from '@clce/registry';

/** A mistake in the use of an engine. The message is one line that names the culprit and the remedy. */
export class EngineError extends UserError {
  static {
    revivable(EngineError);
  }
  override readonly name: string = 'EngineError';
}

/** A step that cannot be recorded as one static graph. Tracing raises it; running never does. */
export class TraceError extends EngineError {
  static {
    revivable(TraceError);
  }
  override readonly name = 'TraceError';
}

/** The first line of another library's error message. */
export function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
