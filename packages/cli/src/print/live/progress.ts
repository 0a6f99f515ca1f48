/**
 * Prints progress on standard error, one line for each finished cell. A terminal also shows, below these lines, the table so
 * far, the number of cells, the time left and a line for each running cell. Other outputs get a status line at most every
 * half minute, and the table after each round of seeds.
 */
import { measurementsOf, type ReportedResult, rowTitle } from '@clce/results';
import { brokenFileLine, type Cell, type CellEvent, etaEstimator } from '@clce/runner';
import { visible } from '@clce/text';
import type { SuiteCell } from '../../run/plan.ts';
import { printData } from '../data.ts';
import { cut, terminalWidth, wrapped } from '../fitted-table.ts';
import { liveArea } from './live-area.ts';
import { tableSoFar } from './table-so-far.ts';

export interface ProgressReporter {
  readonly observe: (event: CellEvent<Cell, ReportedResult>) => void;
  /** Prints a line that belongs to no cell. */
  readonly note: (text: string) => void;
  /** Removes the live lines. Prints the table so far if the run was stopped. */
  readonly end: () => void;
}

/** How the cells of a run are compared. */
export interface Comparison {
  /** The first line of the run. */
  readonly title: string;
  /** The method with which the other methods are compared. */
  readonly reference: string;
}

const LIVE_INTERVAL_MS = { terminal: 200, plain: 30_000 };

/**
 * One long closure, because the counts, the table and the live lines change together with every event.
 *
 * @param comparison without it, no table and no title are printed
 */
export function progressReporter(
  plan: readonly SuiteCell[],
  concurrency: number,
  comparison?: Comparison,
  out = process.stderr,
): ProgressReporter {
  const cells = plan.length;
  const eta = etaEstimator({ cells: plan, kindOf, concurrency });
  const table = comparison && tableSoFar(plan, comparison.reference);
  const area = liveArea(out);
  const write = (text: string) => void out.write(visible(text));
  /** State of each running cell, by key. */
  const running = new Map<string, Running>();
  const interval = out.isTTY ? LIVE_INTERVAL_MS.terminal : LIVE_INTERVAL_MS.plain;
  let settled = 0;
  let failed = 0;
  let interrupted = 0;
  let lastLive = performance.now();
  /** Lines of the table on the terminal; null when a cell has finished since they were made. */
  let tableLines: readonly string[] | null = null;
  /** Number of rounds that were reported, or were finished before this run. */
  let toldRounds = 0;

  const status = () => {
    const failures = failed === 0 ? '' : ` · ${failed} failed`;
    return `${settled}/${cells} cells${failures} · ${timeLeft(eta.remainingMs())}`;
  };
  const runningLines = () => [...running.values()].map(({ label, at }) => `${label}: ${at}`);
  const showLive = () => {
    lastLive = performance.now();
    if (!out.isTTY) {
      write(`${[status(), runningLines().join(' | ')].join(' · ')}\n`);
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
    write(`\nround ${ended} of ${table!.rounds} has ended; accuracy in percent so far:\n${text}\n\n`);
  };

  if (comparison !== undefined) write(`${wrapped(comparison.title, terminalWidth(out))}\n`);
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
        area.add(brokenFileLine(event));
      }
      if (event.kind === 'cell-note') area.add(`${label}: ${event.note}`);
      if (event.kind === 'result-outdated') area.add(`${label}: ${event.reason}; the cell is computed again`);
      if (event.kind === 'cell-retried') area.add(`${label}: ${event.error.message}; tried once more`);
      if (event.kind === 'cell-held') {
        area.add(`${label}: computed by process ${event.owner.pid} on ${event.owner.host}`);
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
        // On a terminal the table shows the figures, so the line may be cut.
        const isShort = out.isTTY && table !== undefined && event.kind === 'cell-done';
        area.add(isShort ? cut(line, terminalWidth(out)) : line);
      }
      // A resumed run may skip thousands of cells at once, so skipped cells do not redraw the table.
      if (event.kind === 'cell-skipped') toldRounds = table?.endedRounds() ?? 0;
      else if (out.isTTY) showLive();
      else tellRound();
    },
    note: area.add,
    end() {
      area.clear();
      const ended = settled - interrupted;
      const text = ended < cells ? table?.text(terminalWidth(out)) : undefined;
      if (text) write(`\n${ended} of ${cells} cells have ended; accuracy in percent so far:\n${text}\n\n`);
    },
  };
}

/** Prints every event as a line of JSON with time, cell key and label. Errors become messages, results accuracies. */
export function jsonReporter(out: NodeJS.WritableStream = process.stdout): ProgressReporter {
  return {
    observe({ cell, kind, ...event }) {
      const { key, label } = cell;
      const time = new Date().toISOString();
      const error = 'error' in event ? { error: event.error.message } : {};
      const result = 'result' in event ? { result: undefined, accuracies: accuraciesOf(event.result) } : {};
      const line = JSON.stringify({ time, event: kind, key, label, ...event, ...error, ...result });
      printData(line, out);
    },
    note: (text) => console.error(text),
    end: () => {},
  };
}

/** Cells with the same architecture, batch size and data set take about equally long. Baselines take seconds. */
function kindOf({ spec }: SuiteCell): string | null {
  return spec.kind === 'training' ? JSON.stringify([spec.dataset.name, spec.backbone, spec.batchSize]) : null;
}

/** As many lines as fit, between empty lines; an ellipsis stands for missing lines. */
function firstLines(lines: readonly string[], room: number): readonly string[] {
  if (lines.length === 0 || room < LEAST_TABLE) return [];
  return ['', ...(lines.length <= room ? lines : [...lines.slice(0, room - 1), '…']), ''];
}

/** Lines of the smallest useful table: a heading, the heads of the columns, a rule and a row. */
const LEAST_TABLE = 6;

/** Share of the training in which the cell waited for batches: the mean over equal parts of the training. */
function waitingText(shares: readonly number[]): string {
  if (shares.length === 0) return '';
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return `; ${(100 * mean).toFixed(2)} % of the training waiting for data`;
}

interface Running {
  readonly label: string;
  readonly at: string;
  /** For each finished part of the training, the share of its time that was spent waiting for batches. */
  readonly dataShares: number[];
}

/** How the cell ended; undefined for an event that does not end a cell. */
function verdictOf(event: CellEvent<Cell, ReportedResult>): string | undefined {
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

/** Accuracies in percent, by shot and classifier. */
function accuraciesOf(result: ReportedResult): Record<string, number> {
  const accuracies = measurementsOf(result).filter(({ measure }) => measure === 'accuracy');
  return Object.fromEntries(
    accuracies.map(({ shot, classifier, value }) => [rowTitle({ shot, classifier }), value]),
  );
}

function accuracyText(result: ReportedResult): string {
  const { diverged } = result;
  if (diverged !== undefined) return `diverged at step ${diverged.step}: ${diverged.what}`;
  return Object.entries(accuraciesOf(result))
    .map(([what, value]) => `${what} ${value.toFixed(1)} %`)
    .join(', ');
}

function timeLeft(ms: number | null): string {
  if (ms === null) return 'time left unknown';
  const seconds = Math.round(ms / 1000);
  return seconds < 90 ? `${seconds} s left` : `${Math.round(seconds / 60)} min left`;
}
