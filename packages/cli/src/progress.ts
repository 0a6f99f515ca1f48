/**
 * Progress on standard error: a line a finished cell, and below them, on a terminal, how many there are, how long it will take
 * and a line for each cell that runs. Without a terminal that is one line, printed at most every half minute.
 */
import { clearScreenDown, moveCursor } from 'node:readline';
import { type CellResult, labelOf, measurementsOf } from '@clce/experiments/results';
import { type CellEvent, etaEstimator } from '@clce/runner';

export interface ProgressReporter {
  readonly observe: (event: CellEvent<unknown, CellResult>) => void;
  /** Removes what is live. */
  readonly end: () => void;
}

const LIVE_INTERVAL_MS = { terminal: 200, plain: 30_000 };

export function progressReporter(cells: number, concurrency: number, out = process.stderr): ProgressReporter {
  const eta = etaEstimator({ cells, concurrency });
  /** What each running cell is at, by key. */
  const running = new Map<string, Running>();
  const interval = out.isTTY ? LIVE_INTERVAL_MS.terminal : LIVE_INTERVAL_MS.plain;
  let settled = 0;
  let failed = 0;
  let lastLive = performance.now();
  /** Live lines on the terminal. */
  let height = 0;

  const clearLive = () => {
    if (height === 0) return;
    moveCursor(out, 0, -height);
    clearScreenDown(out);
    height = 0;
  };
  const line = (text: string) => {
    clearLive();
    out.write(`${text}\n`);
  };
  const live = () => {
    if (performance.now() - lastLive < interval) return;
    lastLive = performance.now();
    const failures = failed === 0 ? '' : ` · ${failed} failed`;
    const header = `${settled}/${cells} cells${failures} · ${timeLeft(eta.remainingMs())}`;
    const rows = [...running.values()].map(({ label, at }) => `${label}: ${at}`);
    if (!out.isTTY) {
      out.write(`${[header, rows.join(' | ')].join(' · ')}\n`);
      return;
    }
    clearLive();
    const lines = [header, ...rows.map((row) => `  ${row}`)].map((text) =>
      text.slice(0, (out.columns ?? 80) - 1),
    );
    out.write(`${lines.join('\n')}\n`);
    height = lines.length;
  };

  return {
    observe(event) {
      eta.observe(event);
      const { key, label } = event.cell;
      if (event.kind === 'cell-started') running.set(key, { label, at: 'starts', dataShares: [] });
      if (event.kind === 'progress') {
        const shares = running.get(key)?.dataShares ?? [];
        const share = event.figures?.['dataShare'];
        if (share !== undefined) shares.push(share);
        const at = `step ${event.step}/${event.steps}, ${event.message ?? ''}`;
        running.set(key, { label, at, dataShares: shares });
        live();
      }
      if (event.kind === 'result-disbelieved') {
        line(`${event.file} cannot be believed (${event.reason}); the cell is computed again`);
      }
      if (event.kind === 'cell-retried') line(`${label}: ${event.error.message}; tried once more`);
      if (event.kind === 'cell-held') {
        line(`${label}: process ${event.owner.pid} on ${event.owner.host} computes it`);
      }
      const verdict = verdictOf(event);
      if (verdict !== undefined) {
        settled++;
        if (event.kind === 'cell-failed') failed++;
        const waited = waitingText(running.get(key)?.dataShares ?? []);
        running.delete(key);
        line(`[${settled}/${cells}] ${label}: ${verdict}${waited}`);
      }
    },
    end: clearLive,
  };
}

/** A JSON object a line: every event with its time, and the cell's key and label; errors by their message, no results. */
export function jsonReporter(out: NodeJS.WritableStream = process.stdout): ProgressReporter {
  return {
    observe({ cell, kind, ...event }) {
      const { key, label } = cell;
      const time = new Date().toISOString();
      const error = 'error' in event ? { error: event.error.message } : {};
      const result = 'result' in event ? { result: undefined, accuracies: accuraciesOf(event.result) } : {};
      out.write(`${JSON.stringify({ time, event: kind, key, label, ...event, ...error, ...result })}\n`);
    },
    end: () => {},
  };
}

/** How much of its training a cell waited for batches: the mean over equal parts of it. */
function waitingText(shares: readonly number[]): string {
  if (shares.length === 0) return '';
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return `; ${(100 * mean).toFixed(2)} % of the training waiting for data`;
}

interface Running {
  readonly label: string;
  readonly at: string;
  /** Share of the time that went into waiting for batches, of each part of the training that is over. */
  readonly dataShares: number[];
}

/** How a cell ended; undefined for an event that ends none. */
function verdictOf(event: CellEvent<unknown, CellResult>): string | undefined {
  switch (event.kind) {
    case 'cell-skipped':
      return 'done before';
    case 'cell-done':
      return `done in ${(event.ms / 1000).toFixed(1)} s, ${accuracyText(event.result)}`;
    case 'cell-failed':
      return `failed: ${event.error.message}`;
    case 'cell-interrupted':
      return 'interrupted';
    default:
      return undefined;
  }
}

/** Percent by shot and classifier. */
function accuraciesOf(result: CellResult): Record<string, number> {
  const accuracies = measurementsOf(result).filter(({ measure }) => measure === 'accuracy');
  return Object.fromEntries(
    accuracies.map(({ shot, classifier, value }) => [labelOf({ shot, classifier }), value]),
  );
}

function accuracyText(result: CellResult): string {
  return Object.entries(accuraciesOf(result))
    .map(([what, value]) => `${what} ${value.toFixed(1)} %`)
    .join(', ');
}

function timeLeft(ms: number | null): string {
  if (ms === null) return 'time left unknown';
  const seconds = Math.round(ms / 1000);
  return seconds < 90 ? `${seconds} s left` : `${Math.round(seconds / 60)} min left`;
}
