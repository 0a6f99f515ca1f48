/**
 * The clock that stamps the files of a folder. On a shared file system the server has it, so every machine reads the same
 * clock and no machine's own clock matters.
 */
import { randomUUID } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';

/** Time for which a reading is carried forward by this process's monotonic clock. */
const CARRIED_MS = 10_000;

export interface FileClock {
  /** Milliseconds since 1970; null where the folder cannot be written, so that nothing can be stamped. */
  now(): Promise<number | null>;
}

export function fileClock(folder: string): FileClock {
  let last: { readonly time: number; readonly at: number } | undefined;
  return {
    async now() {
      const at = performance.now();
      if (last === undefined || at - last.at > CARRIED_MS) {
        const time = await stamp(folder);
        if (time === null) return null;
        last = { time, at };
      }
      return last.time + at - last.at;
    },
  };
}

/** The time that a new file gets. */
async function stamp(folder: string): Promise<number | null> {
  const probe = join(folder, `.clock.${randomUUID()}.tmp`);
  try {
    await nodeFiles.writeFile(probe, 'now\n', { flag: 'wx' });
    return (await nodeFiles.stat(probe)).mtimeMs;
  } catch {
    return null;
  } finally {
    await nodeFiles.rm(probe, { force: true }).catch(() => {});
  }
}
