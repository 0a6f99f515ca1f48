import type { DatasetSource } from './adapter.ts';
import { DatasetError } from './errors.ts';

/**
 * Checks types at run time, for files that no compiler has checked.
 *
 * @throws {DatasetError} naming the entry and what was expected
 */
export function requireSource(source: DatasetSource): void {
  const { name, splitRule, distributions }: Partial<DatasetSource> = source;
  requireName(name);
  for (const entry of ['title', 'description', 'license', 'citation'] as const) {
    demand(entry, isText(source[entry]), 'a text');
  }
  demand('splitRule', isText(splitRule?.rule) && isText(splitRule?.source), '{ rule, source }, two texts');
  demand(
    'mirrorable',
    source.mirrorable === undefined || typeof source.mirrorable === 'boolean',
    'true or false',
  );
  demand('distributions', Array.isArray(distributions) && distributions.length > 0, 'a list of at least one');
  for (const [at, distribution] of distributions!.entries()) {
    const place = `distributions[${at}]`;
    demand(`${place}.name`, isText(distribution.name), 'a text');
    demand(`${place}.files`, Array.isArray(distribution.files), 'a list; [] where nothing is fetched');
    demand(`${place}.layout`, Array.isArray(distribution.layout), 'a list of paths, such as ["."]');
    demand(`${place}.index`, typeof distribution.index === 'function', 'a function, such as indexPictures');
  }
}

/** @throws {DatasetError} where it cannot be the name of a data set */
export function requireName(name: unknown): void {
  demand(
    'name',
    typeof name === 'string' && NAME.test(name),
    'lower case, digits and hyphens, such as "my-birds"',
  );
}

/** Of a data set: it is a folder's name, too. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function demand(entry: string, holds: boolean, expected: string): void {
  if (!holds) throw new DatasetError(`${entry} must be ${expected}`);
}
