/**
 * Progress on standard error: a line a finished cell. Below them, on a terminal, the table as it fills, how many cells there are,
 * how long they will take and a line for each that runs. Elsewhere one line at most every half minute, and the table after
 * each round of seeds.
 */
import { type CellResult, labelOf, measurementsOf } from '@clce/results';
import { type CellEvent, etaEstimator } from '@clce/runner';
import type { PlannedCell } from '../run/plan.ts';
import { cut, terminalWidth, wrapped } from './fitted-table.ts';
import { liveArea } from './live-area.ts';
import { tableSoFar } from './table-so-far.ts';

export interface ProgressReporter {
  readonly observe: (event: CellEvent<unknown, CellResult>) => void;
  /** Removes what is live; of a run that was stopped it leaves the table so far. */
  readonly end: () => void;
}

/** What the cells of a run are compared as. */
export interface Comparison {
  /** The first line of the run. */
  readonly title: string;
  /** Method that the others are compared with. */
  readonly reference: string;
}

const LIVE_INTERVAL_MS = { terminal: 200, plain: 30_000 };

/** @param comparison absent: there is no table, and no title */
export function progressReporter(
  plan: readonly PlannedCell[],
  concurrency: number,
  comparison?: Comparison,
  out = process.stderr,
): ProgressReporter {
  const cells = plan.length;
  const eta = etaEstimator({ cells: plan, kindOf, concurrency });
  const table = comparison && tableSoFar(plan, comparison.reference);
  const area = liveArea(out);
  /** What each running cell is at, by key. */
  const running = new Map<string, Running>();
  const interval = out.isTTY ? LIVE_INTERVAL_MS.terminal : LIVE_INTERVAL_MS.plain;
  let settled = 0;
  let failed = 0;
  let interrupted = 0;
  let lastLive = performance.now();
  /** Lines of the table on the terminal; null where they are no longer those of the finished cells. */
  let tableLines: readonly string[] | null = null;
  /** Rounds whose end was told, or that this run found finished. */
  let toldRounds = 0;

  const status = () => {
    const failures = failed === 0 ? '' : ` · ${failed} failed`;
    return `${settled}/${cells} cells${failures} · ${timeLeft(eta.remainingMs())}`;
  };
  const runningLines = () => [...running.values()].map(({ label, at }) => `${label}: ${at}`);
  const showLive = () => {
    lastLive = performance.now();
    if (!out.isTTY) {
      out.write(`${[status(), runningLines().join(' | ')].join(' · ')}\n`);
      return;
    }
    tableLines ??= table?.text(terminalWidth(out) - 1)?.split('\n') ?? [];
    const below = [status(), ...runningLines().map((row) => `  ${row}`)];
    area.show([...firstLines(tableLines, (out.rows ?? 24) - 3 - below.length), ...below]);
  };
  const tellRound = () => {
    const ended = table?.endedRounds() ?? 0;
    const text = ended > toldRounds && ended < table!.rounds ? table!.text(terminalWidth(out)) : null;
    toldRounds = ended;
    if (text === null) return;
    out.write(`\nround ${ended} of ${table!.rounds} has ended; accuracy in percent so far:\n${text}\n\n`);
  };

  if (comparison !== undefined) out.write(`${wrapped(comparison.title, terminalWidth(out))}\n`);
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
        if (performance.now() - lastLive >= interval) showLive();
        return;
      }
      if (event.kind === 'result-disbelieved') {
        area.add(`${event.file} cannot be believed (${event.reason}); the cell is computed again`);
      }
      if (event.kind === 'result-outdated') area.add(`${label}: ${event.reason}; the cell is computed again`);
      if (event.kind === 'cell-retried') area.add(`${label}: ${event.error.message}; tried once more`);
      if (event.kind === 'cell-held') {
        area.add(`${label}: process ${event.owner.pid} on ${event.owner.host} computes it`);
      }
      const verdict = verdictOf(event);
      if (verdict !== undefined) {
        settled++;
        if (event.kind === 'cell-failed') failed++;
        if (event.kind === 'cell-interrupted') interrupted++;
        else table?.end(key, 'result' in event ? event.result : null);
        tableLines = null;
        const waited = waitingText(running.get(key)?.dataShares ?? []);
        running.delete(key);
        const line = `[${settled}/${cells}] ${label}: ${verdict}${waited}`;
        // The table below has the figures.
        const isShort = out.isTTY && table !== undefined && event.kind === 'cell-done';
        area.add(isShort ? cut(line, terminalWidth(out)) : line);
      }
      // What was done before comes in thousands, in no time.
      if (event.kind === 'cell-skipped') toldRounds = table?.endedRounds() ?? 0;
      else if (out.isTTY) showLive();
      else tellRound();
    },
    end() {
      area.clear();
      const ended = settled - interrupted;
      const text = ended < cells ? table?.text(terminalWidth(out)) : undefined;
      if (text)
        out.write(`\n${ended} of ${cells} cells have ended; accuracy in percent so far:\n${text}\n\n`);
    },
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

/** Runs of one architecture, batch size and data set take about as long; baselines take seconds. */
function kindOf({ spec }: PlannedCell): string | null {
  return spec.kind === 'training' ? JSON.stringify([spec.dataset.name, spec.backbone, spec.batchSize]) : null;
}

/** As many lines as there is room for, between empty ones, with a sign where some are missing. */
function firstLines(lines: readonly string[], room: number): readonly string[] {
  if (lines.length === 0 || room < LEAST_TABLE) return [];
  return ['', ...(lines.length <= room ? lines : [...lines.slice(0, room - 1), '…']), ''];
}

/** A heading, the heads of the columns, a rule and a row. */
const LEAST_TABLE = 6;

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
