/** Settings: cells of one setting differ only in their seed and in the fold that they hold out. */
import type { CellFacts, WithFacts } from './cell/cell-facts.ts';
import { groupBy } from './group-by.ts';

/** Groups the cells that differ only in fold and seed, in the order of the cells. */
export function groupBySetting<T extends WithFacts>(cells: readonly T[]): Map<string, readonly [T, ...T[]]> {
  return groupBy(cells, ({ facts }) => settingKey(facts));
}

/** The highest learning rate is not part of a setting: methods with rates of their own are compared. */
export function settingKey(facts: CellFacts): string {
  if (facts.kind === 'pixels') return pixelsKey(facts);
  if (facts.kind === 'frozen') return keyOf(facts, 'frozen', facts.backbone, facts.weights);
  return keyOf(facts, 'training', facts.backbone, facts.weights, facts.batchSize, facts.loss);
}

/** The setting of raw pixels with the same data and protocol. */
export function pixelsKey(facts: CellFacts): string {
  return keyOf(facts, 'pixels');
}

function keyOf(
  { dataset, imageSize, protocol, evaluatedOn, way, split }: CellFacts,
  ...own: readonly (string | number | null)[]
): string {
  const { kind, folds, holds } = split;
  return JSON.stringify([dataset, imageSize, kind, folds, holds, protocol, evaluatedOn, way, ...own]);
}

/** Numbers of distinct seeds and folds behind figures. */
export interface RunCounts {
  readonly seeds: number;
  /** Null without folds. */
  readonly folds: number | null;
}

/** @param cells cells of one setting, one a fold and seed */
export function runCounts(cells: readonly WithFacts[]): RunCounts {
  const distinct = (of: (facts: CellFacts) => number | null) =>
    new Set(cells.map(({ facts }) => of(facts))).size;
  const hasFolds = cells.some(({ facts }) => facts.split.folds !== null);
  return {
    seeds: distinct((facts) => (facts.kind === 'training' ? facts.seed : null)),
    folds: hasFolds ? distinct(({ split }) => split.fold) : null,
  };
}

/** The weights column of a cell: `random`, or the first twelve digits of the SHA-256 of the weight file. */
export function weightsColumn(weights: string | null): string {
  return weights?.slice(0, 12) ?? 'random';
}
