/** The setting that repetitions of a cell share. */
import type { CellFacts, WithFacts } from './cell-facts.ts';
import { groupBy } from './group-by.ts';

/** Cells that differ in their seed alone, by setting, in the order of the cells. */
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

/** The column of the weights that a cell starts from: `random`, or the first digits of the SHA-256 of their file. */
export function weightsLabel(weights: string | null): string {
  return weights?.slice(0, 12) ?? 'random';
}
