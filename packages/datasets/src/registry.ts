import { registry } from '@clce/registry';
import type { DatasetSource } from './adapter.ts';
import * as declared from './adapters/index.ts';
import type { DatasetAdapter } from './dataset.ts';
import { iconsByAuthor } from './icons/by-author.ts';
import { icons } from './icons/icons.ts';
import { sourceAdapter } from './load-source.ts';
import { requireSource } from './require-source.ts';
import { typefacesByCharacter } from './typefaces/by-character.ts';
import { typefaces } from './typefaces/typefaces.ts';

/** Sets that are read from official files. A new set needs its own file and a line in adapters/index.ts. */
export const SOURCES: DatasetSource[] = Object.values(declared);

/** Every available data set. */
const registered = registry<DatasetAdapter>(
  'data set',
  [
    ...[icons, iconsByAuthor, typefaces, typefacesByCharacter],
    ...SOURCES.map((source) => sourceAdapter(source)),
  ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  '--dataset-file adds a data set of your own',
);

/** The adapter of the given name or alias. @throws UserError naming the closest choice and all choices */
export const getDataset = registered.get;

/**
 * The source of a set, by name or alias; undefined for a set that is built from installed packages.
 * @throws {UserError} naming the closest choice and all choices
 */
export function getSource(name: string): DatasetSource | undefined {
  return SOURCES.find((source) => source.name === getDataset(name).name);
}

/**
 * Lets suites of this process name the set.
 *
 * @param code hash of the file that declares it
 * @throws UserError where its name is taken, DatasetError where an entry is not what it should be
 */
export function addDataset(source: DatasetSource, code: string): void {
  requireSource(source);
  registered.add(sourceAdapter(source, code));
  SOURCES.push(source);
}

/** Lets suites of this process name a folder of pictures. @throws UserError where its name is taken */
export const addDatasetAdapter: (adapter: DatasetAdapter) => void = registered.add;

/** Names that `getDataset` knows, in alphabetical order, added ones last. */
export const datasetNames = registered.names;
