/**
 * Rounds of a run. In the first round every row of the table gets its first seed, in the second round its second seed, and
 * so on. So a stopped run has compared all settings on the seeds of its finished rounds.
 */
import type { WithFacts } from './cell/cell-facts.ts';
import { groupBySetting } from './settings.ts';

/** The cells, round by round. Baselines take seconds and come last in the first round, so no training waits for them. */
export function roundsOf<T extends WithFacts>(cells: readonly T[]): T[][] {
  const rows = [...groupBySetting(cells).values()];
  const ofKind = (baseline: boolean) =>
    rows.filter(([{ facts }]) => (facts.kind !== 'training') === baseline);
  const inOrder = [...ofKind(false), ...ofKind(true)];
  const rounds = rows.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: rounds }, (_, round) => inOrder.flatMap((row) => row.slice(round, round + 1)));
}
