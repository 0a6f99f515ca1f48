/** The text that a finished run prints. */
import { rowSettings } from '@clce/results';
import type { SuiteCell } from '../run/plan.ts';
import type { Report } from '../stored/report-files.ts';
import { terminalWidth, wrapped } from './fitted-table.ts';
import { terminalQualities, terminalTable, terminalTrends } from './terminal-table.ts';
import { choiceLines } from './trials.ts';
import { undertrainedLines } from './undertrained.ts';
import { comparisonLines, spreadLines, verdictLines } from './verdicts.ts';
import { wideTable } from './wide-table.ts';

export interface ReportTextOptions {
  readonly title: string;
  /** The method with which the other methods are compared. */
  readonly reference: string;
  /** All planned cells. */
  readonly plan: readonly SuiteCell[];
  /** Whether to print every column. */
  readonly wide: boolean;
  /** The last paragraph: where the results come from. */
  readonly from: string;
  /** Seconds of each cell, by the digits of its key that the table shows. */
  readonly seconds: ReadonlyMap<string, number>;
  readonly width?: number;
}

export function reportText(
  { rows, seeds, trends, verdicts, spreads, trials }: Report,
  { title, reference, plan, wide, from, seconds, width = terminalWidth() }: ReportTextOptions,
): string {
  const settings = rowSettings(plan);
  const parts = [
    wrapped(title, width),
    choiceLines(trials, width),
    wide ? wideTable(rows, seconds) : terminalTable(rows, settings, width),
    undertrainedLines(rows, reference, width),
    terminalQualities(rows, settings, width),
    trends.length > 0 ? terminalTrends(trends, width) : '',
    verdicts.length > 0 ? verdictLines(verdicts, width) : comparisonLines(seeds, width),
    spreadLines(spreads, width),
    from,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
