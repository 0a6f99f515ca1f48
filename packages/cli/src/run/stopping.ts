/**
 * Requests to stop: Ctrl-C, SIGTERM, a closed terminal, a closed pipe.
 *
 * A run of cells saves snapshots first (`stoppable`). Any other command ends at once: files are replaced as a whole, so none
 * is left half-written.
 *
 * A closed pipe (`| head`, `| less`) stops a run too. Otherwise the run would go on for hours unseen. The same command
 * continues it.
 */
import { performance } from 'node:perf_hooks';

/** 128 and the number of the signal, as shells and Slurm expect it. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Exit code of SIGPIPE, which ends the other programs of a pipe. */
const READER_LEFT = 141;

/** A terminal and a launcher may both send one Ctrl-C. A second request counts only after this time. */
const ONCE_MORE_MS = 1000;

let askedAt: number | undefined;
let code = 0;
let run: AbortController | undefined;

/** Handles signals and closed pipes from now on. */
export function listenForStops(): void {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) process.on(signal, () => signalled(exitCode));
  listenForReaders();
}

/** Handles closed pipes only. */
export function listenForReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // EIO: the terminal is gone.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      if (askedAt === undefined) ask(READER_LEFT);
    });
  }
}

/** Exit code of the request to stop; 0 without one. */
export function stopCode(): number {
  return code;
}

/**
 * Runs `work`. A first request to stop aborts its signal; a second one, a second later, ends the program. Work inside of other
 * stoppable work has the signal of the whole.
 */
export async function stoppable<Result>(work: (asked: AbortSignal) => Promise<Result>): Promise<Result> {
  if (run !== undefined) return work(run.signal);
  run = new AbortController();
  try {
    return await work(run.signal);
  } finally {
    run = undefined;
  }
}

function signalled(exitCode: number): void {
  if (askedAt !== undefined) {
    if (performance.now() - askedAt >= ONCE_MORE_MS) process.exit(exitCode);
    return;
  }
  if (run === undefined) console.error('interrupted; the same command goes on');
  ask(exitCode);
}

function ask(exitCode: number): void {
  askedAt = performance.now();
  code = exitCode;
  if (run === undefined) process.exit(exitCode);
  run.abort(new Error('interrupted'));
}
