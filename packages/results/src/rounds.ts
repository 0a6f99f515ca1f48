/**
 * Rounds of a run: in the first, every row of the table gets its first seed; in the second, its second; and so on. A run that
 * is stopped at any time has then compared everything on the seeds that it finished.
 */
import type { WithFacts } from './cell-facts.ts';
import { groupBySetting } from './settings.ts';

/** The cells, round by round. Baselines take seconds and end the first round: no training waits for them. */
export function roundsOf<T extends WithFacts>(cells: readonly T[]): T[][] {
  const rows = [...groupBySetting(cells).values()];
  const ofKind = (baseline: boolean) =>
    rows.filter(([{ facts }]) => (facts.kind !== 'training') === baseline);
  const inOrder = [...ofKind(false), ...ofKind(true)];
  return Array.from({ length: Math.max(0, ...rows.map(({ length }) => length)) }, (_, round) =>
    inOrder.flatMap((row) => row.slice(round, round + 1)),
  );
}
