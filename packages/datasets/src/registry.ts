import { unknownName } from '@clce/names';
import type { DatasetAdapter } from './dataset.ts';
import { DatasetError } from './errors.ts';
import { icons } from './icons/icons.ts';

/** Every data set that can be named; a new adapter is a file of its own and a line here. */
const ADAPTERS: readonly DatasetAdapter[] = [icons];

/**
 * The adapter of that name.
 * @throws {DatasetError} naming the closest choice and all choices
 */
export function getDataset(name: string): DatasetAdapter {
  const adapter = ADAPTERS.find((candidate) => candidate.name === name);
  if (adapter !== undefined) return adapter;
  throw new DatasetError(unknownName('data set', name, datasetNames()));
}

/** Names that `getDataset` knows, in alphabetical order. */
export function datasetNames(): string[] {
  return ADAPTERS.map((adapter) => adapter.name).sort();
}
