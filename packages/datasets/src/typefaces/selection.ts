// Selects the typefaces and characters of the data set. The selection always uses 32×32 images, so that every size has the same
// samples in the same order.

import type { Sample } from '../dataset.ts';
import { correlation, type StandardisedImages, standardise } from '../drawings/correlation.ts';
import { dealFamilies, type NamedSplit, relatedGroups } from '../drawings/deal.ts';
import { MIN_SAMPLES, SELECTION_SIZE } from '../drawings/drawn-set.ts';
import { NEAR_DUPLICATE, withoutNearDuplicates } from '../drawings/near-duplicates.ts';
import { renderAll, takeImages } from '../drawings/render-svg.ts';
import { CHARACTERS } from './characters.ts';
import { readTypeface, renderCharacter, type Typeface } from './glyphs.ts';
import type { TypefacePackage } from './packages.ts';

/** Typefaces with a higher similarity are relatives: a split keeps them on one side. 99.9 % of the pairs have less than 0.89. */
export const RELATIVE = 0.9;

/** Part of every family's hash, chosen before any model saw the split. Another word would make another data set. */
const SALT = 'typefaces-1';

export interface TypefaceSelection {
  /** In alphabetical order of their ids. A class index is a position in this list. */
  typefaces: readonly Typeface[];
  samples: readonly Sample[];
  /** Ids of the typefaces on each side. */
  split: NamedSplit;
  /** Groups of relatives, by their ids; most typefaces have none and are a group of one. */
  families: readonly (readonly string[])[];
  /** RGB at the selection size, shape (samples.length, 32, 32, 3). */
  pixels: Uint8Array;
  /** Number of drawn pictures of which a part lies outside. */
  cut: number;
  /** All pairs of candidates, the most similar pair first. */
  pairs: readonly Pair[];
  /** Ids of the typefaces that were dropped as near-duplicates of another, and for too few characters. */
  copies: readonly string[];
  small: readonly string[];
}

/** Two typefaces, and the mean correlation of their images over all characters. */
export interface Pair {
  first: string;
  second: string;
  similarity: number;
}

/**
 * Renders every character at 32×32, drops near-duplicates and splits the typefaces. For all packages this takes half a minute.
 *
 * @param packages in alphabetical order
 */
export async function selectTypefaces(
  packages: readonly TypefacePackage[],
  onProgress?: (done: number, total: number) => void,
): Promise<TypefaceSelection> {
  const candidates = await Promise.all(packages.map(readTypeface));
  const drawings = candidates.flatMap((typeface) => CHARACTERS.map((character) => ({ typeface, character })));
  const pixels = await renderAll(
    drawings.length,
    SELECTION_SIZE,
    (row) => renderCharacter(drawings[row]!.typeface, drawings[row]!.character, SELECTION_SIZE),
    onProgress,
  );
  const images = standardise(pixels, SELECTION_SIZE ** 2);
  const ids = candidates.map(({ id }) => id);
  const similarityOf = similarities(images, ids);
  const original: string[] = [];
  for (const id of ids) {
    if (original.every((other) => similarityOf(other, id) <= NEAR_DUPLICATE)) original.push(id);
  }
  const rowsOf = new Map(
    ids.map((id, at) => [
      id,
      withoutNearDuplicates(
        images,
        CHARACTERS.map((_, c) => at * CHARACTERS.length + c),
      ),
    ]),
  );
  const kept = original.filter((id) => rowsOf.get(id)!.length >= MIN_SAMPLES);
  const groups = relatedGroups(
    kept,
    (a, b) => firstWord(a) === firstWord(b) || similarityOf(a, b) > RELATIVE,
  );
  const rows = kept.flatMap((id) => rowsOf.get(id)!);
  return {
    typefaces: candidates.filter(({ id }) => kept.includes(id)),
    samples: rows.map((row) => {
      const { typeface, character } = drawings[row]!;
      return { id: `${typeface.id}:${character}`, label: kept.indexOf(typeface.id), character };
    }),
    split: splitKinds(groups, new Map(candidates.map(({ id, category }) => [id, category]))),
    families: groups,
    pixels: takeImages(pixels, rows, SELECTION_SIZE),
    cut: drawings.filter(({ typeface, character }) => typeface.isCut(character)).length,
    pairs: ids
      .flatMap((first, at) =>
        ids.slice(at + 1).map((second) => ({ first, second, similarity: similarityOf(first, second) })),
      )
      .sort((a, b) => b.similarity - a.similarity),
    copies: ids.filter((id) => !original.includes(id)),
    small: original.filter((id) => !kept.includes(id)),
  };
}

/** The mean correlation of two typefaces' images over all characters, by their ids. */
function similarities(images: StandardisedImages, ids: readonly string[]): (a: string, b: string) => number {
  const places = new Map(ids.map((id, place) => [id, place]));
  const known = new Float64Array(ids.length ** 2);
  for (let a = 0; a < ids.length; a++) {
    for (let b = a; b < ids.length; b++) {
      let sum = 0;
      for (let c = 0; c < CHARACTERS.length; c++) {
        sum += correlation(images, a * CHARACTERS.length + c, b * CHARACTERS.length + c);
      }
      known[a * ids.length + b] = known[b * ids.length + a] = sum / CHARACTERS.length;
    }
  }
  return (a, b) => known[places.get(a)! * ids.length + places.get(b)!]!;
}

/** Deals the groups of relatives kind by kind, so that every side has its share of serif, handwriting and so on. */
function splitKinds(groups: readonly string[][], kinds: ReadonlyMap<string, string>): NamedSplit {
  const kindOf = ([first]: readonly string[]) => kinds.get(first!)!;
  const splits = [...new Set(groups.map(kindOf))].map((kind) =>
    dealFamilies(
      groups.filter((group) => kindOf(group) === kind),
      SALT,
    ),
  );
  const side = (name: keyof NamedSplit) => splits.flatMap((split) => split[name]).sort();
  return { base: side('base'), validation: side('validation'), novel: side('novel') };
}

/** Relatives often share the first word of their names: Share Tech, Share Tech Mono. */
function firstWord(id: string): string {
  return id.split('-')[0]!;
}
