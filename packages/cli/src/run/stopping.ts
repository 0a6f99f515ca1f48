/**
 * Who may ask this program to stop, and what happens then: Ctrl-C, SIGTERM, a terminal that closes, a reader that leaves.
 *
 * A run of cells keeps snapshots first (`stoppable`). Anything else ends at once: files are replaced as a whole, so none is
 * left half-written.
 *
 * A reader that leaves (`| head`, `| less`) stops a run too, as it stops any other program of a pipe: whoever left would
 * otherwise have a run at work for hours that nobody sees. The same command goes on with it.
 */
import { performance } from 'node:perf_hooks';

/** 128 and the number of the signal, as shells and Slurm expect it. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Of SIGPIPE, which ends the other programs of a pipe. */
const READER_LEFT = 141;

/** A terminal and a launcher may both pass one Ctrl-C on; the next one after that long is a person's. */
const ONCE_MORE_MS = 1000;

let askedAt: number | undefined;
let code = 0;
let run: AbortController | undefined;

/** From now on. */
export function listenForStops(): void {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) process.on(signal, () => signalled(exitCode));
  listenForReaders();
}

/** A reader that leaves, and nothing else. */
export function listenForReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // EIO: the terminal is gone.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      if (askedAt === undefined) ask(READER_LEFT);
    });
  }
}

/** What was asked for, as an exit code; 0 until somebody asks. */
export function stopCode(): number {
  return code;
}

/** Work that is asked to end by itself, by its signal. Asked once more, a second later, the program ends at once. */
export async function stoppable<Result>(work: (asked: AbortSignal) => Promise<Result>): Promise<Result> {
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
