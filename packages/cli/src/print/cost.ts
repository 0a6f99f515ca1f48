/** What a tuned preset costs, before it runs. */
import { costOf, isTuned, type Preset, titleIn, trialsOf } from '@clce/experiments';
import type { OutlinedCell } from '../run/plan.ts';
import { fittedTable, terminalWidth } from './fitted-table.ts';

/** Costs of each method and of all, in units of 400 steps of batches of 64. */
export function costLines(
  preset: Preset,
  trials: readonly OutlinedCell[],
  cells: readonly OutlinedCell[],
): string {
  const all = [...trials, ...cells].map(({ spec }) => costOf(spec));
  if (all.includes(undefined)) return 'The cost is that of the epochs of each data set.';
  const methods = preset.losses.map((method) => titleIn(preset, method));
  const methodOf = new Map(
    isTuned(preset) ? trialsOf(preset).map(({ of, method }) => [titleIn(preset, method), of]) : [],
  );
  const costIn = (some: readonly OutlinedCell[], title: string) =>
    sum(
      some.flatMap(({ facts, spec }) => {
        if (facts.kind !== 'training') return [];
        return (methodOf.get(facts.loss) ?? facts.loss) === title ? [costOf(spec)!] : [];
      }),
    );
  const rows = methods.map((title) => [title, costIn(trials, title), costIn(cells, title)] as const);
  const total = ['all', sum(rows.map(([, cost]) => cost)), sum(rows.map(([, , cost]) => cost))] as const;
  return fittedTable(
    {
      titles: ['cost in units of 400 steps at batch 64'],
      groups: [['trials', 'confirmation', 'both']],
      rows: [...rows, total].map(([title, tried, confirmed]) => ({
        titles: [title],
        cells: [[tried, confirmed, tried + confirmed].map((cost) => String(Number(cost.toPrecision(4))))],
      })),
    },
    terminalWidth(),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
