/**
 * The program of a worker process: imports the module named on its command line and runs one cell a request.
 *
 * It must never outlive its pool. The IPC channel closes when the pool's process ends in whatever way, SIGKILL among
 * them, and the worker leaves on that. Ctrl-C reaches every process of the terminal; the worker ignores it
 * and other requests to end, because the pool decides: an interrupted cell is not mistaken for a crashed one.
 */
import { UserError } from '@clce/registry';
import type { RunCell } from './local-executor.ts';
import { isRunRequest, isStopRequest, type RunRequest, type WorkerMessage } from './worker-messages.ts';

/** Between heartbeats, which stop when native code does not come back. */
const HEARTBEAT_MS = 1000;

process.on('disconnect', () => process.exit(1));
setInterval(() => send({ kind: 'clce-alive' }), HEARTBEAT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
// Warnings that nobody reads are no reason to lose a cell.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
let stopping = new AbortController();
process.on('message', (message: unknown) => {
  if (isRunRequest(message)) void answer(message);
  if (isStopRequest(message)) stopping.abort(new Error('the cell was asked to stop'));
});

async function answer({ spec, directory }: RunRequest): Promise<void> {
  stopping = new AbortController();
  try {
    const run = await importRun(process.argv[2] ?? '');
    const result: unknown = await run(spec, {
      directory,
      signal: stopping.signal,
      onProgress: (progress) => send({ kind: 'clce-progress', progress }),
      onAccount: (account) => send({ kind: 'clce-account', account }),
    });
    // In kilobytes.
    const { maxRSS } = process.resourceUsage();
    send({ kind: 'clce-account', account: { peakMemoryMB: Math.round(maxRSS / 1024) } });
    send({ kind: 'clce-result', result });
  } catch (thrown) {
    const { name, message, stack = '' } = thrown instanceof Error ? thrown : new Error(String(thrown));
    send({ kind: 'clce-error', name, message, stack, ofUser: thrown instanceof UserError });
  }
}

async function importRun(url: string): Promise<RunCell<unknown, unknown>> {
  const module: { readonly run?: unknown } = await import(url);
  if (!isRun(module.run)) throw new TypeError(`${url} exports no function "run"`);
  return module.run;
}

function isRun(value: unknown): value is RunCell<unknown, unknown> {
  return typeof value === 'function';
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}
