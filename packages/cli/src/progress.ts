/**
 * Progress on standard error: a line a finished cell, and below it, on a terminal, one live line with what is running
 * and how long it will take. Without a terminal the live line is printed at most every half minute.
 */
import { type CellEvent, etaEstimator } from '@clce/runner';

export interface ProgressReporter {
  readonly observe: (event: CellEvent<unknown>) => void;
  /** Removes the live line. */
  readonly end: () => void;
}

const LIVE_INTERVAL_MS = { terminal: 200, plain: 30_000 };

export function progressReporter(cells: number, concurrency: number, out = process.stderr): ProgressReporter {
  const eta = etaEstimator({ cells, concurrency });
  const running = new Map<string, string>();
  const interval = out.isTTY ? LIVE_INTERVAL_MS.terminal : LIVE_INTERVAL_MS.plain;
  let settled = 0;
  let lastLive = performance.now();

  const clearLive = () => {
    if (out.isTTY) out.write('\r\u001b[K');
  };
  const line = (text: string) => {
    clearLive();
    out.write(`${text}\n`);
  };
  const live = () => {
    if (performance.now() - lastLive < interval) return;
    lastLive = performance.now();
    const text = `${settled}/${cells} cells · ${timeLeft(eta.remainingMs())} · ${[...running.values()].join(' | ')}`;
    if (out.isTTY) out.write(`\r\u001b[K${text.slice(0, (out.columns ?? 80) - 1)}`);
    else out.write(`${text}\n`);
  };

  return {
    observe(event) {
      eta.observe(event);
      const { key, label } = event.cell;
      if (event.kind === 'cell-started') running.set(key, label);
      if (event.kind === 'progress') {
        running.set(key, `${label}: step ${event.step}/${event.steps}, ${event.message ?? ''}`);
        live();
      }
      if (event.kind === 'result-disbelieved') {
        line(`${event.file} cannot be believed (${event.reason}); the cell is computed again`);
      }
      if (event.kind === 'cell-retried') line(`${label}: ${event.error.message}; tried once more`);
      if (event.kind === 'cell-held') {
        line(`${label}: process ${event.owner.pid} on ${event.owner.host} computes it`);
      }
      const verdict = VERDICTS[event.kind]?.(event);
      if (verdict !== undefined) {
        settled++;
        running.delete(key);
        line(`[${settled}/${cells}] ${label}: ${verdict}`);
      }
    },
    end: clearLive,
  };
}

/** A JSON object a line: every event with its time, and the cell's key and label; errors by their message. */
export function jsonReporter(out: NodeJS.WritableStream = process.stdout): ProgressReporter {
  return {
    observe({ cell, kind, ...event }) {
      const { key, label } = cell;
      const time = new Date().toISOString();
      const error = 'error' in event ? { error: event.error.message } : {};
      out.write(`${JSON.stringify({ time, event: kind, key, label, ...event, ...error })}\n`);
    },
    end: () => {},
  };
}

/** How a cell ended, for the kinds of event that end one. */
const VERDICTS: Readonly<Record<string, (event: CellEvent<unknown>) => string>> = {
  'cell-skipped': () => 'done before',
  'cell-done': (event) => `done in ${'ms' in event ? (event.ms / 1000).toFixed(1) : '?'} s`,
  'cell-failed': (event) => `failed: ${'error' in event ? event.error.message : ''}`,
  'cell-interrupted': () => 'interrupted',
};

function timeLeft(ms: number | null): string {
  if (ms === null) return 'time left unknown';
  const seconds = Math.round(ms / 1000);
  return seconds < 90 ? `${seconds} s left` : `${Math.round(seconds / 60)} min left`;
}
