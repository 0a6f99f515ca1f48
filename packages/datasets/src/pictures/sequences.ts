/** Names that look like frames of videos or bursts of photographs: numbered one after the other behind one prefix. */

import { byCodeUnit } from './files/find-files.ts';

/** Pictures that may belong together, because their names are numbered. */
export interface Sequences {
  /** Number of pictures in sequences. */
  readonly pictures: number;
  readonly sequences: number;
  /** A pattern for `--group-pattern` that makes a group of each sequence; absent where prefixes do not tell sequences apart. */
  readonly pattern?: string;
  /** Two neighbouring names. */
  readonly example: readonly [string, string];
}

/** Fewer pictures in a row are no sequence. */
const LEAST = 3;

/** The prefix, which has more than digits, and the number. */
const NUMBERED = /^(.*\D)(\d+)\.[^.]+$/u;

/** The same as a pattern for the user. */
const PATTERN = String.raw`^(.*\D)\d+\.[^.]+$`;

/** @returns undefined where no names are numbered one after the other */
export function sequencesOf(paths: readonly string[]): Sequences | undefined {
  const numbered = paths.flatMap((path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const [, prefix, digits] = NUMBERED.exec(name) ?? [];
    if (prefix === undefined || digits === undefined) return [];
    const folder = path.slice(0, path.length - name.length);
    return [{ name, prefix, folder, place: `${folder}${prefix}`, number: Number(digits) }];
  });
  const runs: (typeof numbered)[] = [];
  for (const one of numbered.toSorted((a, b) => byCodeUnit(a.place, b.place) || a.number - b.number)) {
    const last = runs.at(-1)?.at(-1);
    if (last?.place === one.place && one.number <= last.number + 1) runs.at(-1)!.push(one);
    else runs.push([one]);
  }
  const long = runs.filter(({ length }) => length >= LEAST);
  const [first] = long;
  if (first === undefined) return undefined;
  // A camera's prefix is the same for all of its pictures: a group of them would be all there is of a class.
  const folders = new Set(long.map(([one]) => one!.folder)).size;
  const prefixes = new Set(long.map(([one]) => one!.prefix)).size;
  return {
    pictures: long.flat().length,
    sequences: long.length,
    ...(prefixes === long.length && prefixes > folders && { pattern: PATTERN }),
    example: [first[0]!.name, first[1]!.name],
  };
}
