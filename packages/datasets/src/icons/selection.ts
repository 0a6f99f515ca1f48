// Selects the drawings of the data set. The selection always uses 32×32 images, so that every size has the same samples in
// the same order.

import type { Sample } from '../dataset.ts';
import { type StandardisedImages, standardise } from '../drawings/correlation.ts';
import type { NamedSplit } from '../drawings/deal.ts';
import { MIN_SAMPLES, SELECTION_SIZE } from '../drawings/drawn-set.ts';
import { nearDuplicatesAmong, withoutNearDuplicates } from '../drawings/near-duplicates.ts';
import { takeImages } from '../drawings/render-svg.ts';
import { type Catalogue, type Drawing, readCatalogue } from './catalogue.ts';
import { conceptFamilies } from './concepts/families.ts';
import { splitConcepts } from './concepts/split-concepts.ts';
import { renderDrawings } from './render.ts';

export interface Selection {
  catalogue: Catalogue;
  /** Drawings of the data set, sorted by concept, then by prefix. */
  drawings: readonly Drawing[];
  /** Concepts in alphabetical order. A class index is a position in this list. */
  concepts: readonly string[];
  split: NamedSplit;
  /** RGB at the selection size, shape (drawings.length, 32, 32, 3). */
  pixels: Uint8Array;
  counts: SelectionCounts;
}

export interface SelectionCounts {
  /** Numbers of concepts with at least MIN_SAMPLES authors and of their drawings, selected by name only. */
  candidateConcepts: number;
  candidateDrawings: number;
  /** Number of near-duplicates of another drawing of the same concept. */
  droppedInClass: number;
  /** Number of near-duplicates of a drawing of another family of concepts. */
  droppedAcrossFamilies: number;
  /** Numbers of concepts left with fewer than MIN_SAMPLES drawings, and of their drawings. */
  droppedConcepts: number;
  droppedWithConcepts: number;
}

let selected: Promise<Selection> | undefined;

/**
 * Reads the packages, renders every candidate at 32×32, drops near-duplicates and splits the remaining drawings by concept.
 * This takes half a minute, so a process does it once.
 */
export function selectIcons(onProgress?: (done: number, total: number) => void): Promise<Selection> {
  selected ??= select(onProgress);
  return selected;
}

async function select(onProgress?: (done: number, total: number) => void): Promise<Selection> {
  const catalogue = await readCatalogue();
  const candidates = withEnoughAuthors(catalogue.drawings);
  const pixels = await renderDrawings(catalogue.iconSets, candidates, SELECTION_SIZE, onProgress);
  const images = standardise(pixels, SELECTION_SIZE ** 2);

  const rows = candidates.map((_, row) => row);
  const distinct = byConcept(candidates, rows).flatMap((group) => withoutNearDuplicates(images, group));
  const drawn = enoughRows(candidates, distinct);
  const split = splitConcepts(conceptsOf(candidates, drawn));
  const separate = withoutCopiesAcross(images, candidates, drawn, split);
  const kept = enoughRows(candidates, separate);

  const concepts = conceptsOf(candidates, kept);
  const remaining = new Set(concepts);
  const drawings = kept.map((row) => candidates[row]!);
  return {
    catalogue,
    drawings,
    concepts,
    split: {
      base: split.base.filter((concept) => remaining.has(concept)),
      validation: split.validation.filter((concept) => remaining.has(concept)),
      novel: split.novel.filter((concept) => remaining.has(concept)),
    },
    pixels: takeImages(pixels, kept, SELECTION_SIZE),
    counts: {
      candidateConcepts: byConcept(candidates, rows).length,
      candidateDrawings: candidates.length,
      droppedInClass: candidates.length - distinct.length,
      droppedAcrossFamilies: drawn.length - separate.length,
      droppedConcepts: byConcept(candidates, rows).length - concepts.length,
      droppedWithConcepts: distinct.length - drawn.length + separate.length - kept.length,
    },
  };
}

/** Samples in the form of a Dataset. The author of a sample is the author of the package. */
export function samplesOf({ drawings, concepts }: Pick<Selection, 'drawings' | 'concepts'>): Sample[] {
  const labels = new Map(concepts.map((concept, label) => [concept, label]));
  return drawings.map(({ concept, prefix, icon }) => ({
    id: `${prefix}:${icon}`,
    label: labels.get(concept)!,
    author: prefix,
  }));
}

function withEnoughAuthors(drawings: readonly Drawing[]): Drawing[] {
  const all = drawings.map((_, row) => row);
  return enoughRows(drawings, all).map((row) => drawings[row]!);
}

function enoughRows(drawings: readonly Drawing[], rows: readonly number[]): number[] {
  return byConcept(drawings, rows)
    .filter((group) => group.length >= MIN_SAMPLES)
    .flat();
}

/** Rows grouped by concept, in ascending order. */
function byConcept(drawings: readonly Drawing[], rows: readonly number[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const row of rows) {
    const { concept } = drawings[row]!;
    const group = groups.get(concept);
    if (group === undefined) groups.set(concept, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function conceptsOf(drawings: readonly Drawing[], rows: readonly number[]): string[] {
  return [...new Set(rows.map((row) => drawings[row]!.concept))].sort();
}

/**
 * Drops drawings that are near-duplicates of a drawing of another family, so that no split, of whatever sides, has a training image
 * among its tests. The larger side of the official split loses the drawing, base before validation before novel, and on one side
 * the later drawing.
 */
function withoutCopiesAcross(
  images: StandardisedImages,
  drawings: readonly Drawing[],
  rows: readonly number[],
  { validation, novel }: NamedSplit,
): number[] {
  const families = new Map(
    conceptFamilies(conceptsOf(drawings, rows)).flatMap((family, place) =>
      family.map((concept) => [concept, place]),
    ),
  );
  const familyOf = (row: number) => families.get(drawings[row]!.concept);
  const sideOf = (row: number): number =>
    [validation, novel].findIndex((side) => side.includes(drawings[row]!.concept));
  const dropped = new Set<number>();
  for (const [first, second] of nearDuplicatesAmong(images, rows, familyOf)) {
    if (dropped.has(first) || dropped.has(second)) continue;
    dropped.add(sideOf(first) < sideOf(second) ? first : second);
  }
  return rows.filter((row) => !dropped.has(row));
}
