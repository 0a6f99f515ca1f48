/**
 * The program of a worker process. It imports the module named on its command line and runs one cell, or makes one trial, for each
 * request.
 *
 * A worker must never outlive its pool. The IPC channel closes when the pool's process ends, even by SIGKILL, and then the
 * worker exits. Ctrl-C reaches every process of the terminal. The worker ignores it and other termination signals, because
 * the pool decides when a cell stops; so an interrupted cell does not look like a crashed one.
 */
import { recordOfError } from '@clce/registry';
import type { CellContext } from './local-executor.ts';
import {
  isRunRequest,
  isStopRequest,
  isTrialRequest,
  type RunRequest,
  type WorkerMessage,
} from './worker-messages.ts';
import type { WorkerRun, WorkerTrial } from './worker-pool.ts';

/** Time between heartbeats. They stop when native code does not return. */
const HEARTBEAT_MS = 1000;

process.on('disconnect', () => process.exit(1));
setInterval(() => send({ kind: 'clce-alive' }), HEARTBEAT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
// An output stream may be closed. That must not end the worker.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
let stopping = new AbortController();
process.on('message', (message: unknown) => {
  if (isRunRequest(message)) void answer(() => runCell(message));
  if (isTrialRequest(message)) void answer(() => makeTrial(message.subject));
  if (isStopRequest(message)) stopping.abort(new Error('the cell was asked to stop'));
});

async function answer(work: () => Promise<unknown>): Promise<void> {
  stopping = new AbortController();
  try {
    const result = await work();
    // maxRSS is in kilobytes.
    const { maxRSS } = process.resourceUsage();
    send({ kind: 'clce-account', account: { peakMemoryMB: Math.round(maxRSS / 1024) } });
    send({ kind: 'clce-result', result });
  } catch (thrown) {
    send({ kind: 'clce-error', error: recordOfError(thrown) });
  }
}

async function runCell({ spec, directory, settings }: RunRequest): Promise<unknown> {
  const run = (await imported('run')) as WorkerRun<unknown, unknown, unknown>;
  const context: CellContext = {
    directory,
    signal: stopping.signal,
    onProgress: (progress) => send({ kind: 'clce-progress', progress }),
    onAccount: (account) => send({ kind: 'clce-account', account }),
    onNote: (note) => send({ kind: 'clce-note', note }),
  };
  return run(spec, context, settings);
}

async function makeTrial(subject: unknown): Promise<void> {
  const trial = (await imported('trial')) as WorkerTrial<unknown>;
  await trial(subject);
}

/** A function that the worker's module exports. */
async function imported(name: 'run' | 'trial'): Promise<unknown> {
  const url = process.argv[2] ?? '';
  const module: Readonly<Record<string, unknown>> = await import(url);
  if (typeof module[name] !== 'function') throw new TypeError(`${url} exports no function "${name}"`);
  return module[name];
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}
