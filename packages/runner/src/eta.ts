/**
 * Estimates the time left from the durations of finished cells and the progress of running cells.
 *
 * The caller assigns each cell a kind. A waiting cell is expected to take the mean duration of its kind. While no cell of
 * that kind has a known duration, the mean of all kinds stands in. A running cell is projected from its own progress:
 * elapsed · steps / step. The slots share the remaining work. A running cell cannot be split, so the estimate is at least
 * the longest remainder of a running cell.
 */
import type { Cell } from './cell.ts';
import type { CellEvent } from './local-executor.ts';

export interface EtaEstimator {
  /** Must receive every event of runCells. */
  observe(event: CellEvent): void;
  /** Milliseconds until all cells are settled; null while no duration is known. */
  remainingMs(): number | null;
}

export interface EtaOptions<Planned extends Cell> {
  /** All cells, including cells that will be skipped. */
  readonly cells: readonly Planned[];
  /** A kind, shared by cells of about equal duration; null for a cell that takes almost no time. */
  readonly kindOf: (cell: Planned) => string | null;
  readonly concurrency?: number;
  /** Milliseconds; the machine's monotonic clock by default. */
  readonly now?: () => number;
}

interface Running {
  readonly kind: string;
  readonly since: number;
  /** Completed share, in [0, 1]. */
  done: number;
}

export function etaEstimator<Planned extends Cell>({
  cells,
  kindOf,
  concurrency = 1,
  now = () => performance.now(),
}: EtaOptions<Planned>): EtaEstimator {
  /** Kinds of waiting cells, by key. Cells without a kind are left out. */
  const waiting = new Map(
    cells.flatMap((cell) => {
      const kind = kindOf(cell);
      return kind === null ? [] : [[cell.key, kind] as const];
    }),
  );
  const running = new Map<string, Running>();
  const durations: Duration[] = [];
  let settled = 0;

  return {
    observe(event) {
      const { key } = event.cell;
      const kind = running.get(key)?.kind ?? waiting.get(key);
      if (event.kind === 'cell-started' && kind !== undefined) {
        waiting.delete(key);
        running.set(key, { kind, since: now(), done: 0 });
      }
      if (event.kind === 'progress') {
        const cell = running.get(key);
        if (cell && event.steps > 0) cell.done = Math.min(1, event.step / event.steps);
      }
      if (event.kind === 'cell-done' && kind !== undefined) durations.push({ kind, ms: event.ms });
      if (SETTLING.has(event.kind)) {
        waiting.delete(key);
        running.delete(key);
        settled++;
      }
    },

    remainingMs() {
      if (settled >= cells.length) return 0;
      const inFlight = [...running.values()].map(({ kind, since, done }) => {
        const elapsed = now() - since;
        return { kind, elapsed, projected: done >= LEAST_PROGRESS ? elapsed / done : null };
      });
      const known = [
        ...durations,
        ...inFlight.flatMap(({ kind, projected }) => (projected === null ? [] : [{ kind, ms: projected }])),
      ];
      if (known.length === 0) return null;
      const expected = expectedDurations(known);
      const left = inFlight.map(({ kind, elapsed, projected }) =>
        Math.max(0, (projected ?? expected(kind)) - elapsed),
      );
      const work = sum(left) + sum([...waiting.values()].map(expected));
      return left.reduce((longest, ms) => Math.max(longest, ms), work / concurrency);
    },
  };
}

interface Duration {
  readonly kind: string;
  readonly ms: number;
}

/** The expected duration of a cell, by kind. */
function expectedDurations(known: readonly Duration[]): (kind: string) => number {
  const byKind = new Map<string, { total: number; count: number }>();
  for (const { kind, ms } of known) {
    const { total, count } = byKind.get(kind) ?? { total: 0, count: 0 };
    byKind.set(kind, { total: total + ms, count: count + 1 });
  }
  const means = new Map([...byKind].map(([kind, { total, count }]) => [kind, total / count]));
  const overall = sum(known.map(({ ms }) => ms)) / known.length;
  return (kind) => means.get(kind) ?? overall;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Projections need this share of progress, because a cell's first steps include its preparation. */
const LEAST_PROGRESS = 0.02;

const SETTLING: ReadonlySet<CellEvent['kind']> = new Set([
  'cell-skipped',
  'cell-done',
  'cell-failed',
  'cell-interrupted',
]);
