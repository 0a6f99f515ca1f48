/** What a plan does, costs and can show, in words. */
import { wrapped } from '../../print/fitted-table.ts';
import type { BudgetPlan } from './budget.ts';
import { durationText } from './duration.ts';
import type { PlanRecord } from './plan-files.ts';

/** @param budget in seconds */
export function planLines(
  { costs, positives, plan, twice }: Omit<PlanRecord, 'asked' | 'pictures'>,
  budget: number,
  width: number,
): string {
  const steps = costs.map(({ title, secondsPerStep }) => `${milliseconds(secondsPerStep)} with ${title}`);
  const overhead = Math.max(...costs.map(({ overheadSeconds }) => overheadSeconds));
  return [
    `A step takes ${listed(steps)}; a training takes up to ${durationText(overhead)} beside its steps.`,
    `Plan for ${durationText(budget)}: ${designText(plan)}. It takes about ${durationText(plan.seconds)}.`,
    `${shownText(plan)} The plan assumes how much trainings differ (docs/compare.md); the answer has intervals.`,
    `${Math.round(100 * positives)} % of the pictures of a shuffled batch have another one of their class in it. A contrastive loss learns from them alone.`,
    `Twice the budget would buy ${designText(twice)}: a difference of ${twice.difference.toFixed(1)} points.`,
  ]
    .map((line) => wrapped(line, width, 2))
    .join('\n');
}

function designText({ trials, folds, seeds, steps }: BudgetPlan): string {
  const repeated = seeds === 1 ? '' : ` with ${seeds} seeds`;
  return `${trials} trials of each loss, then ${folds} folds${repeated}, ${steps} steps each`;
}

function shownText({ difference, margin }: BudgetPlan): string {
  return `It finds a true difference of ${difference.toFixed(1)} points in four of five cases, and equal losses equivalent within ${margin.toFixed(1)} points.`;
}

function milliseconds(seconds: number): string {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
