/**
 * How long the remaining cells will take, from the durations of the finished ones and the progress of the running ones.
 *
 * A cell that has not begun is expected to take the mean of the finished ones and of the running ones' projections. A running cell is projected from its own progress: elapsed · steps / step. The work left is shared
 * among the slots, but a running cell cannot be split, so the estimate is at least the longest of them.
 */
import type { CellEvent } from './local-executor.ts';

export interface EtaEstimator {
  /** Feed it every event of runCells. */
  observe(event: CellEvent<unknown>): void;
  /** Milliseconds until all cells are settled; null while there is nothing to judge by. */
  remainingMs(): number | null;
}

export interface EtaOptions {
  /** Number of cells, those that will be skipped among them. */
  readonly cells: number;
  readonly concurrency?: number;
  /** Milliseconds; the machine's monotonic clock by default. */
  readonly now?: () => number;
}

interface Running {
  readonly since: number;
  /** Share that is done, in [0, 1]. */
  done: number;
}

export function etaEstimator({
  cells,
  concurrency = 1,
  now = () => performance.now(),
}: EtaOptions): EtaEstimator {
  const running = new Map<string, Running>();
  const durations: number[] = [];
  let settled = 0;

  return {
    observe(event) {
      const { key } = event.cell;
      if (event.kind === 'cell-started') running.set(key, { since: now(), done: 0 });
      if (event.kind === 'progress') {
        const cell = running.get(key);
        if (cell && event.steps > 0) cell.done = Math.min(1, event.step / event.steps);
      }
      if (event.kind === 'cell-done') durations.push(event.ms);
      if (SETTLING.has(event.kind)) {
        running.delete(key);
        settled++;
      }
    },

    remainingMs() {
      if (settled >= cells) return 0;
      const inFlight = [...running.values()].map(({ since, done }) => {
        const elapsed = now() - since;
        return { elapsed, projected: done >= LEAST_PROGRESS ? elapsed / done : null };
      });
      const projections = inFlight.flatMap(({ projected }) => (projected === null ? [] : [projected]));
      const known = [...durations, ...projections];
      if (known.length === 0) return null;
      const expected = known.reduce((sum, ms) => sum + ms, 0) / known.length;
      const left = inFlight.map(({ elapsed, projected }) => Math.max(0, (projected ?? expected) - elapsed));
      const waiting = cells - settled - inFlight.length;
      const work = left.reduce((sum, ms) => sum + ms, 0) + waiting * expected;
      return Math.max(work / concurrency, ...left);
    },
  };
}

/** A cell's first steps hold its preparation; they say little about the others. */
const LEAST_PROGRESS = 0.02;

const SETTLING: ReadonlySet<CellEvent<unknown>['kind']> = new Set([
  'cell-skipped',
  'cell-done',
  'cell-failed',
  'cell-interrupted',
]);
