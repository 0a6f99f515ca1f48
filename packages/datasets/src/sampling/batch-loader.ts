/**
 * Batches made ahead of their use, in threads of their own.
 *
 * A batch is a function of the options and its step, so it does not matter which thread makes it, in which order, or
 * whether a thread died over it: the bytes are the same. Pixels are shared by all threads; the arrays of a batch go back
 * and forth by transfer and are never copied.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DatasetError } from '../errors.ts';
import { type Batch, type TrainingBatches, type TrainingOptions, trainingBatches } from './batches.ts';

export interface BatchLoader extends Pick<TrainingBatches, 'batchesPerEpoch' | 'classCount' | 'rowsAt'> {
  /**
   * The batch of that step, as `trainingBatches` makes it. Its arrays are overwritten after the next call. Steps in
   * ascending order are made ahead; any other is made when it is asked for.
   *
   * @throws {DatasetError} where threads die again and again
   */
  batchAt(step: number): Promise<Batch>;
  close(): Promise<void>;
}

export interface LoaderOptions {
  /** Threads that make batches; 0 makes them in this one, when they are asked for. */
  readonly workers: number;
  /** Batches that are made ahead; twice the threads unless given. */
  readonly ahead?: number;
  /** The step that comes first: its batch and those ahead of it are made at once, before anybody asks. */
  readonly first?: number;
  /** Steps from here on are not made ahead. */
  readonly end?: number;
  /** Told of every thread that is started, those that replace dead ones included. */
  readonly onThread?: (thread: Worker) => void;
}

/** What a thread is asked for, with the arrays of a batch that is no longer needed. */
export interface BatchRequest {
  readonly step: number;
  readonly reuse: Batch | undefined;
}

export type BatchAnswer =
  | { readonly step: number; readonly batch: Batch }
  | { readonly step: number; readonly error: Error };

/** Threads that may die one after the other before the loader gives up. */
const MOST_DEATHS = 3;

/** @throws {DatasetError} as `trainingBatches` does */
export function openBatchLoader(options: TrainingOptions, loader: LoaderOptions): BatchLoader {
  const own = trainingBatches(options);
  const { batchesPerEpoch, classCount, rowsAt } = own;
  const common = { batchesPerEpoch, classCount, rowsAt };
  if (loader.workers === 0) {
    let last: Batch | undefined;
    return {
      ...common,
      async batchAt(step) {
        last = own.batchAt(step, last);
        return last;
      },
      async close() {},
    };
  }
  return { ...common, ...threaded({ ...options, dataset: shared(options.dataset) }, loader) };
}

interface Waiting {
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
}

/** A batch that is being made, or is made and not yet asked for. */
interface Pending {
  readonly promise: Promise<Batch>;
  readonly waiting: Waiting;
}

interface Thread {
  worker: Worker;
  /** Steps that it has been asked for. */
  readonly asked: Set<number>;
}

function threaded(
  options: TrainingOptions,
  { workers, ahead = 2 * workers, first, end = Number.POSITIVE_INFINITY, onThread }: LoaderOptions,
): Pick<BatchLoader, 'batchAt' | 'close'> {
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
      if ('error' in answer) waiting.reject(answer.error);
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

  /** Another thread takes over what a dead one was asked for. */
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
    // Whoever asks for the step hears of its error; until then nobody has to.
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

/** Built, the thread is a module; in the sources it is TypeScript, which Node 20 reads with a loader's help. */
function startThread(workerData: TrainingOptions): Worker {
  const module = new URL(`./batch-worker${extname(import.meta.url)}`, import.meta.url);
  if (extname(import.meta.url) !== '.ts') return new Worker(module, { workerData });
  const loader = import.meta.resolve('tsx/esm/api');
  const program = `import('${loader}').then(({ register }) => { register(); return import('${module}'); })`;
  return new Worker(program, { workerData, eval: true });
}

/** Arrays of a batch, for transfer. */
export function buffersOf({ images, labels, rows, minority }: Batch): ArrayBuffer[] {
  const arrays = [images, labels, rows, ...(minority ? [minority.labels] : [])];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}

/** The data set with its pixels where every thread sees them; those of a pack are there already. */
function shared(dataset: TrainingOptions['dataset']): TrainingOptions['dataset'] {
  const { pixels, ...rest } = dataset;
  if ('kind' in pixels || pixels.buffer instanceof SharedArrayBuffer) return dataset;
  const copy = new Uint8Array(new SharedArrayBuffer(pixels.length));
  copy.set(pixels);
  return { ...rest, pixels: copy };
}
