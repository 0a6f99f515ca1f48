/**
 * The program of a worker process: imports the module named on its command line and runs one cell a request.
 *
 * It must never outlive its pool. The IPC channel closes when the pool's process ends in whatever way, SIGKILL among
 * them, and the worker leaves on that. Ctrl-C reaches every process of the terminal; the worker ignores it, so that it is
 * the pool that decides and an interrupted cell is not mistaken for a crashed one.
 */
import type { RunCell } from './local-executor.ts';
import { isRunRequest, type WorkerMessage } from './worker-messages.ts';

/** Between heartbeats, which stop when native code does not come back. */
const HEARTBEAT_MS = 1000;

process.on('disconnect', () => process.exit(1));
setInterval(() => send({ kind: 'clce-alive' }), HEARTBEAT_MS).unref();
process.on('SIGINT', () => {});
process.on('message', (message: unknown) => {
  if (isRunRequest(message)) void answer(message.spec);
});

async function answer(spec: unknown): Promise<void> {
  try {
    const run = await importRun(process.argv[2] ?? '');
    const result: unknown = await run(spec, {
      // An abandoned cell ends with its process, so nobody aborts this one.
      signal: new AbortController().signal,
      onProgress: (progress) => send({ kind: 'clce-progress', progress }),
    });
    send({ kind: 'clce-result', result });
  } catch (thrown) {
    const { name, message, stack = '' } = thrown instanceof Error ? thrown : new Error(String(thrown));
    send({ kind: 'clce-error', name, message, stack });
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
