import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FileWriteError } from '@clce/files';
import { execa, execaNode } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cellKey } from './cell.ts';
import { openLedger } from './ledger.ts';
import { type CellContext, type CellEvent, type Progress, runCells } from './local-executor.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';
import { isWorkerMessage } from './worker-messages.ts';
import { type ProcessRunner, processRunner } from './worker-pool.ts';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const module = new URL('./testing/worker-module.ts', import.meta.url);

type Pool = ProcessRunner<unknown, unknown>;

const asReceived = (received: unknown): unknown => received;

function startPool(workers: number, settings?: unknown): Pool {
  const pool = processRunner({ module, workers, settings }, asReceived);
  onTestFinished(() => pool.close());
  return pool;
}

function context(
  onProgress: (progress: Progress) => void = () => {},
): CellContext & { abort: () => void; onProgress: (progress: Progress) => void } {
  const controller = new AbortController();
  return {
    directory: '',
    signal: controller.signal,
    onProgress,
    abort: () => controller.abort(new Error('Ctrl-C')),
  };
}

/** Signal 0 asks whether a process exists. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** The pid of the worker that a hanging cell runs in, and the outcome that the cell will have. */
async function hang(pool: Pool, ctx = context()) {
  let hanging: Promise<unknown> = Promise.resolve();
  const pid = await new Promise<number>((resolve) => {
    const onProgress = ({ message }: Progress): void => resolve(Number(message));
    hanging = pool.run({ task: 'hang' }, { ...ctx, onProgress }).catch((error: unknown) => error);
  });
  return { pid, hanging };
}

describe('processRunner', () => {
  it('runs cells in another process, kept from one cell to the next', async () => {
    const { run } = startPool(1);
    const pid = await run({ task: 'pid' }, context());
    expect(pid).not.toBe(process.pid);
    expect(await run({ task: 'pid' }, context())).toBe(pid);
  });

  it('passes progress and the settings', async () => {
    const { run } = startPool(1, { threads: 2, files: ['a'] });
    const seen: Progress[] = [];
    expect(
      await run(
        { task: 'count', steps: 3 },
        context((progress) => seen.push(progress)),
      ),
    ).toBe(3);
    expect(seen.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(seen[0]).toEqual({ step: 1, steps: 3, message: 'counting' });
    expect(await run({ task: 'settings' }, context())).toEqual({ threads: 2, files: ['a'] });
  });

  it('makes a trial in the worker that then runs cells, and rejects with its error', async () => {
    const { run, trial } = startPool(1);
    const { signal } = new AbortController();
    const pid = await run({ task: 'pid' }, context());
    await trial('sound', signal);
    await expect(trial('unsound', signal)).rejects.toThrow(new RangeError('unsound is not sound'));
    expect(await run({ task: 'pid' }, context())).toBe(pid);
    await expect(trial('die', signal)).rejects.toThrow(/exited with code 3 while it made a trial$/);
    await expect(trial('sound', AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
  });

  it('starts at most the given number of workers, and queues the other cells', async () => {
    const { run } = startPool(2);
    const pids = await Promise.all(Array.from({ length: 6 }, () => run({ task: 'pid' }, context())));
    expect(new Set(pids).size).toBe(2);
  });

  it('rejects with the cell’s own error, and keeps the worker', async () => {
    const { run } = startPool(1);
    const pid = await run({ task: 'pid' }, context());
    const failure = await run({ task: 'throw' }, context()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RangeError);
    expect(failure).toMatchObject({ name: 'RangeError', message: 'no such class' });
    expect(failure instanceof Error && failure.stack).toContain('worker-module.ts');
    expect(await run({ task: 'pid' }, context())).toBe(pid);
  });

  it('reports how a worker exited, with its last output', async () => {
    const { run } = startPool(1);
    await expect(run({ task: 'die' }, context())).rejects.toThrow(
      /^worker process \d+ exited with code 3 while it ran the cell; it last said:\n(.*\n)*libnative: out of memory$/,
    );
  });

  it('fails just the cell of a worker that is killed, and replaces the worker', async () => {
    const pool = startPool(1);
    const { pid, hanging } = await hang(pool);
    process.kill(pid, 'SIGKILL');
    expect(String(await hanging)).toContain(
      `worker process ${pid} was killed by SIGKILL while it ran the cell`,
    );
    expect(await pool.run({ task: 'pid' }, context())).not.toBe(pid);
  });

  it('kills a worker that hangs in native code, but not a worker that sends messages', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const pool = processRunner({ module, workers: 1, silentAfterMs: 3000 }, asReceived);
    onTestFinished(() => pool.close());
    const pid = await pool.run({ task: 'pid' }, context());
    const nearlySilent = context(() => vi.advanceTimersByTime(2999));
    await pool.run({ task: 'count', steps: 3 }, nearlySilent);
    expect(await pool.run({ task: 'pid' }, context())).toBe(pid);
    const silent = context(() => vi.advanceTimersByTime(3000));
    await expect(pool.run({ task: 'block' }, silent)).rejects.toThrow(
      /^worker process \d+ was silent for 3 s and was killed by SIGKILL while it ran the cell/,
    );
  });

  it('keeps a worker whose cell is silent but whose heartbeat arrives', async () => {
    const program = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
    const options = { ipc: true, reject: false, nodeOptions: ['--import', tsx] } as const;
    const worker = execaNode(program, [module.href], options);
    onTestFinished(() => void worker.kill('SIGKILL'));
    let heartbeats = 0;
    const beaten = new Promise<void>((resolve) => {
      worker.on('message', (message) => {
        if (isWorkerMessage(message) && message.kind === 'clce-alive' && ++heartbeats === 3) resolve();
      });
    });
    await worker.sendMessage({ kind: 'clce-run', spec: { task: 'hang' }, directory: '', settings: {} });
    await beaten;
  });

  it('ends the worker of an aborted cell', async () => {
    const pool = startPool(1);
    const aborting = context();
    const { pid, hanging } = await hang(pool, aborting);
    aborting.abort();
    expect(String(await hanging)).toBe('Error: Ctrl-C');
    expect(exists(pid)).toBe(false);
    expect(await pool.run({ task: 'pid' }, context())).not.toBe(pid);
  });

  it('lets an aborted cell end by itself, and keeps the worker', async () => {
    const pool = processRunner({ module, workers: 1, graceMs: 1e9 }, asReceived);
    onTestFinished(() => pool.close());
    const pid = await pool.run({ task: 'pid' }, context());
    const aborting = context();
    const progress = new Promise<void>((resolve) => {
      aborting.onProgress = () => resolve();
    });
    const stopping = pool.run({ task: 'until-stopped' }, aborting).catch((error: unknown) => String(error));
    await progress;
    aborting.abort();
    expect(await stopping).toBe('Error: stopped after a last word');
    expect(await pool.run({ task: 'pid' }, context())).toBe(pid);
  });

  it('kills the worker of an aborted cell that takes too long to end', async () => {
    const pool = processRunner({ module, workers: 1, graceMs: 300 }, asReceived);
    onTestFinished(() => pool.close());
    const aborting = context();
    const { pid, hanging } = await hang(pool, aborting);
    aborting.abort();
    expect(exists(pid)).toBe(true);
    expect(String(await hanging)).toBe('Error: Ctrl-C');
    expect(exists(pid)).toBe(false);
  });

  it('leaves no worker behind when it is closed', async () => {
    const pool = startPool(2);
    const { pid, hanging } = await hang(pool);
    const idle = Number(await pool.run({ task: 'pid' }, context()));
    await pool.close();
    expect([exists(pid), exists(idle)]).toEqual([false, false]);
    expect(String(await hanging)).toContain('killed by SIGKILL');
    await expect(pool.run({ task: 'pid' }, context())).rejects.toThrow('the worker pool is closed');
  });

  it('leaves no worker behind when its own process is killed', async () => {
    const program = fileURLToPath(new URL('./testing/pool-parent.ts', import.meta.url));
    const parent = execa(process.execPath, ['--import', tsx, program], { reject: false, buffer: false });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = await new Promise<number>((resolve) => {
      parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
    });
    expect(exists(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => exists(pid)).toBe(false);
  });

  it('explains a module without a run', async () => {
    const pool = processRunner({ module: new URL('./cell.ts', import.meta.url), workers: 1 }, asReceived);
    onTestFinished(() => pool.close());
    await expect(pool.run({}, context())).rejects.toThrow('cell.ts exports no function "run"');
  });

  it('is invisible to runCells', async () => {
    const pool = processRunner({ module, workers: 2 }, Number);
    onTestFinished(() => pool.close());
    const ledger = openLedger({ directory: temporaryDirectory(), parseResult: Number });
    const specs = [{ task: 'count', steps: 2 }, { task: 'die' }, { task: 'count', steps: 4 }];
    const cells = specs.map((spec, i) => ({ key: cellKey(spec), label: `cell ${i}`, spec }));
    const events: string[] = [];
    const onEvent = ({ kind, cell }: CellEvent): void => void events.push(`${kind} ${cell.label}`);
    const outcomes = await runCells({ cells, ledger, run: pool.run, concurrency: 2, onEvent });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'failed', 'done']);
    expect(outcomes[2]).toMatchObject({ result: 4 });
    expect(events.filter((event) => /cell 1/.test(event))).toEqual([
      'cell-started cell 1',
      'cell-retried cell 1',
      'cell-failed cell 1',
    ]);
  });

  it('a worker that cannot write stops the run: no other cell is computed, and no failure is kept', async () => {
    const pool = processRunner({ module, workers: 1 }, Number);
    onTestFinished(() => pool.close());
    const ledger = openLedger({ directory: temporaryDirectory(), parseResult: Number });
    const specs = [{ task: 'count', steps: 2 }, { task: 'fill-disk' }, { task: 'count', steps: 4 }];
    const cells = specs.map((spec, i) => ({ key: cellKey(spec), label: `cell ${i}`, spec }));
    const outcomes = await runCells({ cells, ledger, run: pool.run });
    expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'failed', 'interrupted']);
    const error = outcomes[1]?.kind === 'failed' ? outcomes[1].error : undefined;
    expect(error).toBeInstanceOf(FileWriteError);
    expect(error).toMatchObject({ file: '/ledger/snapshot', cause: { code: 'ENOSPC' } });
    expect(error?.message).toMatch(/^cannot write \/ledger\/snapshot: the disk is full.*$/);
    expect(await ledger.readFailure(cells[1]!.key)).toBeNull();
  });

  it('a cell whose worker was lost is tried once more', async () => {
    const pool = processRunner({ module, workers: 1 }, asReceived);
    onTestFinished(() => pool.close());
    const directory = temporaryDirectory();
    const ledger = openLedger({ directory, parseResult: String });
    const spec = { task: 'die-once', marker: join(directory, 'marker') };
    const cells = [{ key: cellKey(spec), label: 'once', spec }];
    const [outcome] = await runCells({ cells, ledger, run: pool.run });
    expect(outcome).toMatchObject({ kind: 'done', result: 'second' });
    // A Node process holds tens of megabytes.
    expect((await ledger.readProvenance(cells[0]!.key))?.peakMemoryMB).toBeGreaterThan(20);
  });

  it('rejects a result that the caller cannot parse, and keeps the worker', async () => {
    const parse = (received: unknown): number => {
      if (received === undefined) throw new TypeError('nothing was measured');
      return Number(received);
    };
    const pool = processRunner({ module, workers: 1 }, parse);
    onTestFinished(() => pool.close());
    const pid = await pool.run({ task: 'pid' }, context());
    const nothing = { task: 'settings' };
    await expect(pool.run(nothing, context())).rejects.toThrow('nothing was measured');
    expect(await pool.run({ task: 'pid' }, context())).toBe(pid);
  });

  it('refuses to be without workers', () => {
    expect(() => processRunner({ module, workers: 0 }, asReceived)).toThrow(
      'workers must be a positive integer, got 0',
    );
  });
});
