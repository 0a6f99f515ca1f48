import { diagnose, EngineError } from '@clce/engine';

/** @throws EngineError saying why the engine does not work here */
export async function requireEngine(engine: string): Promise<void> {
  for (const { fault } of await diagnose([engine])) {
    if (fault === undefined) continue;
    throw new EngineError(
      `engine ${engine} does not work here: ${fault}; "./clce doctor" shows those that do`,
    );
  }
}
