/** What cells share that are repetitions of one another. */

import type { Cell, FrozenSpec, TrainingSpec } from './cell.ts';
import { groupBy } from './group-by.ts';

/** Cells that differ in their seed alone, by setting, in the order of the cells. */
export function groupBySetting<T extends Cell>(cells: readonly T[]): Map<string, readonly [T, ...T[]]> {
  return groupBy(cells, (cell) => settingKey(cell));
}

/** @param other in place of the cell’s own method */
export function settingKey({ spec, method }: Cell, other = method): string {
  if (spec.kind === 'pixels') return pixelsKey(spec.dataset.name);
  if (spec.kind === 'frozen') return JSON.stringify([spec.dataset.name, spec.extractor.name, 'frozen']);
  return JSON.stringify([spec.dataset.name, spec.backbone, spec.batchSize, other]);
}

export function pixelsKey(dataset: string): string {
  return JSON.stringify([dataset, 'pixels']);
}

/** What tables call the weights that a cell starts from: `random`, or the first digits of the SHA-256 of their file. */
export function weightsLabel({ weights }: TrainingSpec | FrozenSpec): string {
  return weights?.slice(0, 12) ?? 'random';
}
