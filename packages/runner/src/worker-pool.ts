/**
 * Runs cells in worker processes. So cells use several cores, and a crash loses only one cell.
 *
 * `processRunner` returns a `run` with the signature of the wrapped one, so runCells does not see the pool. Workers are Node
 * processes that import TypeScript through tsx, or the compiled files that this process runs. The pool starts a worker when first
 * needed, keeps it between cells (a warm model compiles once) and replaces it when it dies. Workers are processes and not threads,
 * because native libraries crash, leak and keep global state. An abort asks the cell to stop; the cell saves a snapshot between two
 * steps and ends. The pool kills a worker that takes longer than `graceMs`.
 */

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { COMPILED, moduleBeside } from '@clce/files';
import { reviveError } from '@clce/registry';
import { execa } from 'execa';
import type { CellContext, RunCell } from './local-executor.ts';
import { WorkerLostError } from './worker-lost-error.ts';
import { isWorkerMessage, type RunRequest, type StopRequest, type TrialRequest } from './worker-messages.ts';

/** What the module of a worker exports as `run`: a RunCell that is also given the settings of its pool. */
export type WorkerRun<Spec, Settings, Result> = (
  spec: Spec,
  context: CellContext,
  settings: Settings,
) => Promise<Result>;

/** What the module may export as `trial`. It throws where cells would fail for a reason that is no cell's own. */
export type WorkerTrial<Subject> = (subject: Subject) => Promise<void>;

export interface ProcessRunnerOptions {
  /** A module that exports `run`, a WorkerRun, and maybe `trial`, a WorkerTrial; TypeScript or JavaScript. */
  readonly module: URL;
  /** Maximum number of processes, and so of cells at the same time. */
  readonly workers: number;
  /** Sent to the worker with every cell; a value that can be cloned. */
  readonly settings?: unknown;
  /** Silence after which a worker is killed. A worker that sends no heartbeat hangs in native code. */
  readonly silentAfterMs?: number;
  /** Time in which an aborted cell may end by itself; 0 by default. */
  readonly graceMs?: number;
}

export interface ProcessRunner<Spec, Result> {
  /** Rejects with the error that the cell threw, of its class and with the worker's stack, or with a WorkerLostError that says how the worker died. */
  readonly run: RunCell<Spec, Result>;
  /** Makes the trial in a worker, which then runs cells. Rejects like `run`. */
  trial(subject: unknown, signal: AbortSignal): Promise<void>;
  /** Kills all workers and waits for their end. Running cells reject. */
  close(): Promise<void>;
}

/**
 * @param parseResult parses the value that a worker returns; throws when the value is not a result
 * @throws RangeError when `workers` is not a positive integer
 */
export function processRunner<Spec, Result>(
  { module, workers, settings, silentAfterMs = 600_000, graceMs = 0 }: ProcessRunnerOptions,
  parseResult: (received: unknown) => Result,
): ProcessRunner<Spec, Result> {
  if (!Number.isInteger(workers) || workers < 1) {
    throw new RangeError(`workers must be a positive integer, got ${workers}`);
  }
  const idle: Worker[] = [];
  const alive = new Set<Worker>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let closed = false;

  const start = (): Worker => {
    const worker = startWorker(module);
    alive.add(worker);
    void worker.ended.then(() => {
      alive.delete(worker);
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
    });
    return worker;
  };

  const ask = async (request: RunRequest | TrialRequest, listener: Listener): Promise<unknown> => {
    while (busy >= workers) await new Promise<void>((resolve) => waiting.push(resolve));
    busy++;
    try {
      listener.signal.throwIfAborted();
      if (closed) throw new Error('the worker pool is closed');
      const worker = idle.pop() ?? start();
      try {
        return await answerOf(worker, request, listener, { silentAfterMs, graceMs });
      } finally {
        if (alive.has(worker)) idle.push(worker);
      }
    } finally {
      busy--;
      waiting.shift()?.();
    }
  };

  return {
    async run(spec, context) {
      const { directory } = context;
      return parseResult(await ask({ kind: 'clce-run', spec, directory, settings }, context));
    },

    async trial(subject, signal) {
      await ask({ kind: 'clce-trial', subject }, { signal });
    },

    async close() {
      closed = true;
      await Promise.all([...alive].map(endWorker));
    },
  };
}

type Worker = ReturnType<typeof startWorker>;

const WORKER_PROGRAM = moduleBeside('./worker-process', import.meta.url);
/** The sources are TypeScript. Compiled files name the sources in their errors. */
const FLAGS =
  COMPILED === undefined
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
    : ['--enable-source-maps'];

function startWorker(module: URL) {
  const child = execa(process.execPath, [...FLAGS, fileURLToPath(WORKER_PROGRAM), module.href], {
    ipc: true,
    stdin: 'ignore',
    // This process prints results on standard output, so the output of workers goes to standard error.
    stdout: 2,
    stderr: ['pipe', 'inherit'],
    buffer: false,
    reject: false,
    // Sent when this process ends. Workers ignore other signals.
    killSignal: 'SIGKILL',
  });
  let lastWords = '';
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  /** How the process ended; never rejects. */
  const ended = child.then(({ exitCode, signal }) => {
    return signal === undefined ? `exited with code ${exitCode}` : `was killed by ${signal}`;
  });
  return { child, ended, lastWords: () => lastWords.trim() };
}

async function endWorker({ child, ended }: Worker): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** What is told of a request, and how it is stopped. */
type Listener = Pick<CellContext, 'signal'> & Partial<CellContext>;

/** Sends the request and waits for the worker's answer or its death, whichever comes first. */
async function answerOf(
  worker: Worker,
  request: RunRequest | TrialRequest,
  { signal, onProgress, onAccount, onNote }: Listener,
  { silentAfterMs, graceMs }: { readonly silentAfterMs: number; readonly graceMs: number },
): Promise<unknown> {
  const { child } = worker;
  let fellSilent = false;
  const silence = setTimeout(() => {
    fellSilent = true;
    child.kill('SIGKILL');
  }, silentAfterMs);
  let onMessage: (message: unknown) => void = () => {};
  const answered = new Promise<unknown>((resolve, reject) => {
    onMessage = (message) => {
      silence.refresh();
      if (!isWorkerMessage(message)) return;
      if (message.kind === 'clce-progress') onProgress?.(message.progress);
      if (message.kind === 'clce-account') onAccount?.(message.account);
      if (message.kind === 'clce-note') onNote?.(message.note);
      if (message.kind === 'clce-result') resolve(message.result);
      if (message.kind === 'clce-error') reject(reviveError(message.error));
    };
  });
  let overdue: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    const stop: StopRequest = { kind: 'clce-stop' };
    // The message fails when the worker is already gone, and then it is not needed.
    child.sendMessage(stop).catch(() => {});
    overdue = setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  const died = worker.ended.then((how): never => {
    signal.throwIfAborted();
    const words = worker.lastWords();
    const did = request.kind === 'clce-run' ? 'ran the cell' : 'made a trial';
    const why = fellSilent ? `was silent for ${silentAfterMs / 1000} s and ${how}` : how;
    throw new WorkerLostError(
      `worker process ${child.pid ?? '(not started)'} ${why} while it ${did}${words === '' ? '' : `; it last said:\n${words}`}`,
    );
  });
  child.on('message', onMessage);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const sent = child.sendMessage(request).then(() => answered);
    return await Promise.race([sent, died]);
  } finally {
    clearTimeout(silence);
    clearTimeout(overdue);
    child.off('message', onMessage);
    signal.removeEventListener('abort', onAbort);
  }
}
