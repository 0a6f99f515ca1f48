/** Shared readers of the files that describe a benchmark. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassSplit } from '../dataset.ts';
import { DatasetError } from '../errors.ts';

/**
 * The words of each line of a text file, split at white space. Empty lines and lines that start with `#` are left out.
 * @throws {DatasetError} naming file and line where a line has fewer than `words` words
 */
export async function readLines(path: string, words: number): Promise<string[][]> {
  const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
  return lines.flatMap((line, i) => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    const found = text.split(/\s+/);
    if (found.length >= words) return [found];
    throw new DatasetError(
      `${path}, line ${i + 1}, has ${found.length} words, expected ${words}; fetch it again.`,
      'corrupt',
    );
  });
}

/**
 * Parses a label or another whole number in a list.
 * @throws {DatasetError} if the text is not a whole number, or not in first … last
 */
export function wholeNumber(text: string, first: number, last: number, file: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= first && value <= last) return value;
  throw new DatasetError(
    `${file} has ${JSON.stringify(text)} where a number from ${first} to ${last} belongs; fetch it again.`,
    'corrupt',
  );
}

/** The class split of a set that is split by sample: every class is a base class. */
export function allBase(classes: number): ClassSplit {
  return { base: Array.from({ length: classes }, (_, label) => label), validation: [], novel: [] };
}

/**
 * Makes the split by class from lists of names.
 * @throws {DatasetError} if the sides are not disjoint, or a name is not in `classNames`
 */
export function splitOfNames(
  classNames: readonly string[],
  names: Readonly<Record<keyof ClassSplit, readonly string[]>>,
): ClassSplit {
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const labelsOf = (side: readonly string[]): number[] =>
    side
      .map((name) => {
        const label = labels.get(name);
        if (label === undefined)
          throw new DatasetError(`there is no class ${name} left to split.`, 'corrupt');
        labels.delete(name);
        return label;
      })
      .sort((a, b) => a - b);
  return {
    base: labelsOf(names.base),
    validation: labelsOf(names.validation),
    novel: labelsOf(names.novel),
  };
}

/**
 * Names of the files directly in a folder, in the order of their code units.
 * @throws {DatasetError} if the folder is missing
 */
export async function fileNames(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    throw new DatasetError(
      `${join(root, folder)} cannot be listed; fetch or place the data set first.`,
      'missing',
      {
        cause: error,
      },
    );
  });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
