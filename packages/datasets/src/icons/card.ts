import sharp from 'sharp';
import { countBy, sum } from '../drawings/counts.ts';
import { LARGEST_HELD_OUT_FAMILY, type NamedSplit } from '../drawings/deal.ts';
import { MIN_SAMPLES, SELECTION_SIZE } from '../drawings/drawn-set.ts';
import { NEAR_DUPLICATE } from '../drawings/near-duplicates.ts';
import { ICON_PACKAGES } from './packages.ts';
import { RENDERING } from './render.ts';
import type { Selection } from './selection.ts';

/** The card of the icons, `datasets/icons.md`: contents, construction and authors, as Markdown. One long template. */
export function iconsCard(selection: Selection): string {
  const { concepts, drawings, counts, split } = selection;
  const authors = new Set(drawings.map(({ prefix }) => prefix)).size;
  const perConcept = countBy(drawings.map(({ concept }) => concept));
  const [fewest, most] = [Math.min(...perConcept.values()), Math.max(...perConcept.values())];
  return `# icons

A class is a concept (calendar, shield, compass); a sample is that concept drawn by another icon author.
**These are drawings, not photographs**: black shapes on white, without texture, colour, light or background. A method's
gain here is evidence about the method, not about photographs.

Written by \`pnpm --filter @clce/datasets card\`; do not edit. A test compares it with what the code gives.

| | |
|---|---:|
| authors | ${authors} |
| concepts | ${concepts.length} |
| samples | ${drawings.length} |
| samples a concept | ${fewest} to ${most} |
| sizes | any from 8 to 512 pixels; 32 and 84 are the usual ones |

## Split

By concept, for few-shot learning; about 64 / 16 / 20 % of the concepts, as in miniImageNet.

| side | concepts | samples |
|---|---:|---:|
${Object.entries(split)
  .map(
    ([side, names]) => `| ${side} | ${names.length} | ${sum(names.map((name) => perConcept.get(name)!))} |`,
  )
  .join('\n')}

No concept's relative is on another side. Concepts that share a head word form a family (calendar, calendar-plus), and so
do those that a table joins because they are drawn alike (pin, map-pin, compass). A family is never divided; one of more
than ${LARGEST_HELD_OUT_FAMILY} concepts goes to base; the rest are dealt out in the order of a salted hash of their names.

For transfer learning the same drawings are the set \`icons-by-author\`: all concepts are for training, and of the authors,
in alphabetical order, every fourth one's drawings are for testing.

## How it is made

1. **Matching names.** From each icon's name: strip words and numbers of style, weight and size (-outline, -fill, -24) at
   both ends; make plurals singular; replace synonyms of words (delete, bin: trash) and of whole names
   (magnifying-glass-plus: zoom-in); put modifiers last (plus-circle, circle-plus). Equal results are one concept. The tables
   are \`style-affixes.ts\` and \`synonyms.ts\`. Directions (arrow-left), mirror images (undo, redo), company marks and names that
   say too little (line, circle) are left out.
2. **One drawing an author.** The plainest name wins: no synonym, no plural, fewest style words, outline before filled,
   shortest, first in the alphabet. Styles are therefore mixed, as each author's default: mostly outlines, some solid.
3. **At least ${MIN_SAMPLES} authors a concept**, as many as 5-shot episodes with 15 queries need.
4. **Near-duplicates.** Correlation (Pearson) of grey levels at ${SELECTION_SIZE}×${SELECTION_SIZE}. In a concept, in alphabetical order of the
   packages, a drawing that correlates by more than ${NEAR_DUPLICATE} with one already kept is dropped: it is a fork or a copy.
   A drawing that correlates that much with one of another family of concepts is dropped too, so that no split has a copy on two
   sides: from base first, then from validation. Then concepts with fewer than ${MIN_SAMPLES} drawings left are dropped.
5. **Rendering.** ${RENDERING};
   sharp ${sharp.versions.sharp}. Equal versions give equal bytes on one kind of machine; the manifest hash in every result tells.

| step | concepts | drawings |
|---|---:|---:|
| matched by name | ${counts.candidateConcepts} | ${counts.candidateDrawings} |
| near-duplicates in a concept | | −${counts.droppedInClass} |
| near-duplicates across families | | −${counts.droppedAcrossFamilies} |
| concepts with too few left | −${counts.droppedConcepts} | −${counts.droppedWithConcepts} |
| **kept** | **${concepts.length}** | **${drawings.length}** |

A name can mislead: now and then an author draws something else under a common name. Such label noise is left in.

## Sources

One package of an author, all monochrome and of a permissive licence, as packaged by Iconify. Nothing of them is in this
repository; they are installed with it.

| package | version | author | licence | samples |
|---|---|---|---|---:|
${packageRows(selection)}

## Concepts

${sides(split)
  .map(([side, names]) => `**${side}**: ${names.join(', ')}`)
  .join('\n\n')}
`;
}

function sides(split: NamedSplit): [side: string, concepts: readonly string[]][] {
  return Object.entries(split);
}

function packageRows({ catalogue, drawings }: Selection): string {
  const samples = countBy(drawings.map(({ prefix }) => prefix));
  return ICON_PACKAGES.map(
    ({ prefix, author, license }) =>
      `| @iconify-json/${prefix} | ${catalogue.versions[prefix]} | ${author} | ${license} | ${samples.get(prefix)} |`,
  ).join('\n');
}
