/** Settings: cells of one setting differ only in their seed. */
import type { CellFacts, WithFacts } from './cell-facts.ts';
import { groupBy } from './group-by.ts';

/** Groups the cells that differ only in their seed, in the order of the cells. */
export function groupBySetting<T extends WithFacts>(cells: readonly T[]): Map<string, readonly [T, ...T[]]> {
  return groupBy(cells, ({ facts }) => settingKey(facts));
}

export function settingKey(facts: CellFacts): string {
  const { dataset } = facts;
  if (facts.kind === 'pixels') return pixelsKey(dataset);
  if (facts.kind === 'frozen') return JSON.stringify([dataset, facts.backbone, 'frozen']);
  return JSON.stringify([dataset, facts.backbone, facts.batchSize, facts.loss]);
}

export function pixelsKey(dataset: string): string {
  return JSON.stringify([dataset, 'pixels']);
}

/** The weights column of a cell: `random`, or the first twelve digits of the SHA-256 of the weight file. */
export function weightsLabel(weights: string | null): string {
  return weights?.slice(0, 12) ?? 'random';
}
