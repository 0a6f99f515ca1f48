import { UserError } from '@clce/registry';

/** Anything wrong with how an engine is used: one line that names the culprit and says what to do. */
export class EngineError extends UserError {
  override readonly name: string = 'EngineError';
}

/** A step that cannot be recorded as one static graph. Raised while tracing, never while running. */
export class TraceError extends EngineError {
  override readonly name = 'TraceError';
}

/** What somebody else's error says, on one line. */
export function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
