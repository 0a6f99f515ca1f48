/**
 * Collapsed trainings: all embeddings are equal. The contrastive term of n equal embeddings is ln(n − 1), at any temperature, for
 * SupCon, LACLN and their kin. Such a training says that its settings failed, and nothing about the loss.
 */
import type { CellResult } from '@clce/results';
import type { StoredCell } from './stored-cells.ts';

/** Share of ln(n − 1) by which the term may differ. */
const TOLERANCE = 0.01;

/** @param contrasted number of embeddings that are compared with each other */
export function hasCollapsed({ training }: Pick<CellResult, 'training'>, contrasted: number): boolean {
  const last = training?.curve.at(-1);
  const collapsed = Math.log(contrasted - 1);
  return last !== undefined && Math.abs(last.contrastive - collapsed) <= TOLERANCE * collapsed;
}

/** A line for each method with collapsed trainings. */
export function collapseLines(cells: readonly StoredCell[]): string[] {
  const methods = new Map<string, { trainings: number; collapsed: number }>();
  for (const { facts, result } of cells) {
    if (facts.kind !== 'training') continue;
    const counted = methods.get(facts.loss) ?? { trainings: 0, collapsed: 0 };
    methods.set(facts.loss, counted);
    counted.trainings++;
    if (hasCollapsed(result, facts.contrastiveGroup ?? facts.imagesPerStep)) counted.collapsed++;
  }
  return [...methods].flatMap(([method, { trainings, collapsed }]) =>
    collapsed === 0
      ? []
      : [
          `${method} has collapsed in ${collapsed} of ${trainings} trainings: all embeddings are equal. This says nothing about ${method} at other settings.`,
        ],
  );
}
