/**
 * Prepares batches ahead of their use in worker threads.
 *
 * A batch depends only on the options and its step. So its bytes do not depend on the thread, on the order, or on threads
 * that died. All threads share the pixels. The arrays of a batch are transferred between threads, never copied.
 */
import { Worker } from 'node:worker_threads';
import { moduleBeside } from '@clce/files';
import { type ErrorRecord, reviveError } from '@clce/registry';
import { DatasetError } from '../errors.ts';
import type { Batch, TrainingBatches, TrainingOptions } from './batches.ts';

export interface BatchLoader {
  /**
   * The batch of a step, as `trainingBatches` makes it. The next call may overwrite its arrays. The following steps
   * are prepared ahead; any other step is prepared on request.
   *
   * @throws {DatasetError} where threads die repeatedly
   */
  batchAt(step: number): Promise<Batch>;
  close(): Promise<void>;
}

export interface LoaderOptions {
  /** Number of threads. 0 means that this thread prepares each batch on request. */
  readonly workers: number;
  /** Number of batches prepared ahead; twice the number of threads by default. */
  readonly ahead?: number;
  /** The first step. Its batch and the batches ahead of it are prepared at once, before the first request. */
  readonly first?: number;
  /** Steps from this one on are not prepared ahead. */
  readonly end?: number;
  /** Called for every started thread, including replacements of dead threads. */
  readonly onThread?: (thread: Worker) => void;
}

/** A request to a thread; `reuse` holds the arrays of a batch that is no longer needed. */
export interface BatchRequest {
  readonly step: number;
  readonly reuse: Batch | undefined;
}

export type BatchAnswer =
  | { readonly step: number; readonly batch: Batch }
  | { readonly step: number; readonly error: ErrorRecord };

/** Number of consecutive deaths of threads that the loader accepts. */
const MOST_DEATHS = 3;

export function openBatchLoader(batches: TrainingBatches, loader: LoaderOptions): BatchLoader {
  const { options } = batches;
  if (loader.workers === 0) {
    let last: Batch | undefined;
    return {
      async batchAt(step) {
        last = batches.batchAt(step, last);
        return last;
      },
      async close() {},
    };
  }
  return threaded({ ...options, dataset: shared(options.dataset) }, loader);
}

interface Waiting {
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
}

/** A batch in preparation, or a finished batch that was not yet requested. */
interface Pending {
  readonly promise: Promise<Batch>;
  readonly waiting: Waiting;
}

interface Thread {
  worker: Worker;
  /** Steps that this thread is preparing. */
  readonly asked: Set<number>;
}

/** One long closure, because requests, threads and reused batches share the same state. */
function threaded(
  options: TrainingOptions,
  { workers, ahead = 2 * workers, first, end = Number.POSITIVE_INFINITY, onThread }: LoaderOptions,
): BatchLoader {
  const pending = new Map<number, Pending>();
  const spare: Batch[] = [];
  let deaths = 0;
  let closed = false;
  let last: Batch | undefined;
  const threads: Thread[] = Array.from({ length: workers }, () => {
    const thread: Thread = { asked: new Set<number>(), worker: undefined as never };
    thread.worker = start(thread);
    return thread;
  });

  function start(thread: Thread): Worker {
    const worker = startThread(options);
    onThread?.(worker);
    let reason: Error | undefined;
    worker.on('message', (answer: BatchAnswer) => {
      thread.asked.delete(answer.step);
      const { waiting } = pending.get(answer.step)!;
      if ('error' in answer) waiting.reject(reviveError(answer.error));
      else {
        deaths = 0;
        waiting.resolve(answer.batch);
      }
    });
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', (code) => {
      if (!closed) replace(thread, reason?.message ?? `exit code ${code}`);
    });
    return worker;
  }

  /** Starts a new thread, which takes over the steps of the dead thread. */
  function replace(thread: Thread, reason: string): void {
    deaths++;
    if (deaths > MOST_DEATHS) {
      const error = new DatasetError(
        `threads that make batches died ${deaths} times, last with: ${reason}; run with fewer of them, or none.`,
      );
      for (const step of thread.asked) pending.get(step)!.waiting.reject(error);
      thread.asked.clear();
      return;
    }
    thread.worker = start(thread);
    for (const step of thread.asked)
      thread.worker.postMessage({ step, reuse: undefined } satisfies BatchRequest);
  }

  function ask(step: number): Pending {
    const found = pending.get(step);
    if (found !== undefined) return found;
    const thread = threads.reduce((least, next) => (next.asked.size < least.asked.size ? next : least));
    thread.asked.add(step);
    let waiting: Waiting | undefined;
    const promise = new Promise<Batch>((resolve, reject) => {
      waiting = { resolve, reject };
    });
    // `batchAt` reports the error of a step. This handler only prevents an unhandled rejection before then.
    promise.catch(() => {});
    const made = { promise, waiting: waiting! };
    pending.set(step, made);
    const reuse = spare.pop();
    thread.worker.postMessage(
      { step, reuse } satisfies BatchRequest,
      reuse === undefined ? [] : buffersOf(reuse),
    );
    return made;
  }

  function askThrough(from: number, through: number): void {
    for (let step = from; step <= through && step < end; step++) ask(step);
  }
  if (first !== undefined) askThrough(first, first + ahead);

  return {
    async batchAt(step) {
      if (last !== undefined) spare.push(last);
      last = undefined;
      const { promise } = ask(step);
      askThrough(step + 1, step + ahead);
      try {
        last = await promise;
        return last;
      } finally {
        pending.delete(step);
      }
    },
    async close() {
      closed = true;
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Starts a thread. The compiled or built thread is a JavaScript module. In the sources it is TypeScript, and Node 20 needs tsx for it. */
function startThread(workerData: TrainingOptions): Worker {
  const module = moduleBeside('./batch-worker', import.meta.url);
  if (!module.href.endsWith('.ts')) return new Worker(module, { workerData });
  const loader = import.meta.resolve('tsx/esm/api');
  const [tsx, thread] = [loader, module.href].map((one) => JSON.stringify(one));
  const program = `import(${tsx}).then(({ register }) => { register(); return import(${thread}); })`;
  return new Worker(program, { workerData, eval: true });
}

/** The buffers of a batch's arrays, for transfer between threads. */
export function buffersOf({ images, labels, rows, minority }: Batch): ArrayBuffer[] {
  const arrays = [images, labels, rows, ...(minority ? [minority.labels] : [])];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

/** The data set with its pixels in memory that threads share. The pixels of a pack already are in shared memory. */
function shared(dataset: TrainingOptions['dataset']): TrainingOptions['dataset'] {
  const { pixels, ...rest } = dataset;
  if ('kind' in pixels || pixels.buffer instanceof SharedArrayBuffer) return dataset;
  const copy = new Uint8Array(new SharedArrayBuffer(pixels.length));
  copy.set(pixels);
  return { ...rest, pixels: copy };
}
