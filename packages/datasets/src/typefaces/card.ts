import sharp from 'sharp';
import { standardise } from '../drawings/correlation.ts';
import { countBy, sum } from '../drawings/counts.ts';
import { LARGEST_HELD_OUT_FAMILY } from '../drawings/deal.ts';
import { MIN_SAMPLES, SELECTION_SIZE } from '../drawings/drawn-set.ts';
import { NEAR_DUPLICATE, nearDuplicatesBetween } from '../drawings/near-duplicates.ts';
import { CHARACTERS, SIDES } from './characters.ts';
import { MOST_BYTES, MOST_BYTES_MONOSPACE, TYPEFACE_PACKAGES } from './packages.ts';
import { RENDERING } from './rendering.ts';
import { RELATIVE, type TypefaceSelection } from './selection.ts';

/** The card of the typefaces, `datasets/typefaces.md`: contents, construction and sources, as Markdown. One long template. */
export function typefacesCard(selection: TypefaceSelection): string {
  const { typefaces, families, samples, split, pairs, copies, small } = selection;
  const relatives = families.filter(({ length }) => length > 1);
  const perTypeface = countBy(samples.map(({ label }) => typefaces[label]!.id));
  const counts = [...perTypeface.values()];
  const kept = new Set(typefaces.map(({ id }) => id));
  const ofKept = pairs.filter(({ first, second }) => kept.has(first) && kept.has(second));
  const candidates = typefaces.length + copies.length + small.length;
  const drawn = candidates * CHARACTERS.length;
  const withDropped = (copies.length + small.length) * CHARACTERS.length;
  return `# typefaces

A class is a typeface; a sample is one of its characters. **These are letters, not photographs**: black on white, one weight, no
texture, colour or light. Every typeface has many samples, and some differ little, so the classes are fine-grained.

Written by \`pnpm --filter @clce/datasets card\`; do not edit. A test compares it with what the code gives.

| | |
|---|---:|
| typefaces | ${typefaces.length} |
| samples | ${samples.length} |
| characters | ${CHARACTERS.length} |
| samples a typeface | ${Math.min(...counts)} to ${Math.max(...counts)} |
| sizes | any from 8 to 512 pixels; 32 is the usual one |
| may be mirrored | no: recipes leave the horizontal flip out unless they set \`horizontalFlip\` |

## Split

By typeface, for few-shot learning; about 64 / 16 / 20 % of the typefaces, as in miniImageNet.

| side | typefaces | samples |
|---|---:|---:|
${Object.entries(split)
  .map(([side, ids]) => `| ${side} | ${ids.length} | ${sum(ids.map((id) => perTypeface.get(id)!))} |`)
  .join('\n')}

No typeface's relative is on another side. Relatives share the first word of their names (slabo-13px, slabo-27px), or are more similar
than ${RELATIVE}. Similarity is the mean over all ${CHARACTERS.length} characters of the correlation (Pearson) of grey levels at ${SELECTION_SIZE}×${SELECTION_SIZE}. Relatives
are never divided; a group of more than ${LARGEST_HELD_OUT_FAMILY} goes to base; the rest are dealt out kind by kind (serif, handwriting, …), in the order
of a salted hash of their names. The groups:
${relatives.map((group) => group.join(', ')).join('; ')}.

For transfer learning the same samples are the set \`typefaces-by-character\`: all typefaces are for training, and characters are held out
in all of them. Of letters, of digits and of marks, in the order of a salted hash, a quarter is for testing and an eighth for validation. A
capital and its small letter are on one side.

| side | characters | samples |
|---|---|---:|
${characterRows(selection)}

A simple character may be the same picture in two typefaces: an I is a bar in many of them. Such pictures stay, because the
classes differ all the same. ${shared(selection)} of the ${sum(split.novel.map((id) => perTypeface.get(id)!))} novel samples correlate by more than ${NEAR_DUPLICATE} with a base or validation sample.

## How it is made

1. **Families.** Packages \`@fontsource/*\`, chosen without a look at their letters (\`packages.ts\` has the rule): at least 480 downloads a month,
   a stated free licence, all of the characters, at most ${MOST_BYTES / 1000} kB (${MOST_BYTES_MONOSPACE / 1000} kB where monospaced, because few are smaller). One font of each:
   upright, weight 400, Latin.
2. **Characters.** A–Z, a–z, 0–9 and the marks ! # $ % & ? @. Every family has all of them. Dots, strokes and brackets are left out, because they
   look alike in most typefaces.
3. **Rendering.** ${RENDERING};
   sharp ${sharp.versions.sharp}. One scale and one baseline for all keep the sizes and proportions that tell typefaces apart.
   ${selection.cut} of the ${drawn} pictures are cut off somewhere.
4. **Near-duplicates of typefaces.** In alphabetical order, a typeface is dropped if it is more similar than ${NEAR_DUPLICATE} to one already kept:
   ${copyTexts(selection)}. There is a gap at this threshold: the most similar pair that is kept has ${digits(ofKept[0]!.similarity)} (${ofKept[0]!.first}, ${ofKept[0]!.second}), and
   99.9 % of all pairs have less than ${digits(pairs[Math.floor(pairs.length / 1000)]!.similarity)}.
5. **Near-duplicates in a typeface.** A character that correlates by more than ${NEAR_DUPLICATE} with an earlier one of its typeface is dropped: many
   display faces draw capitals for small letters. Then typefaces with fewer than ${MIN_SAMPLES} characters left are dropped (${small.join(', ')}),
   because 5-shot episodes with 15 queries need ${MIN_SAMPLES}.

| step | typefaces | samples |
|---|---:|---:|
| drawn | ${candidates} | ${drawn} |
| near-duplicates of a typeface | −${copies.length} | −${copies.length * CHARACTERS.length} |
| typefaces with too few characters | −${small.length} | −${small.length * CHARACTERS.length} |
| near-duplicates in a typeface | | −${drawn - withDropped - samples.length} |
| **kept** | **${typefaces.length}** | **${samples.length}** |

| kind | typefaces | base | validation | novel |
|---|---:|---:|---:|---:|
${kindRows(selection)}

## Sources

As packaged by Fontsource. Nothing of them is in this repository; they are installed with it.

| package | version | family | kind | licence | samples |
|---|---|---|---|---|---:|
${typefaces
  .map(({ id, version, family, category }) => {
    const { license } = TYPEFACE_PACKAGES.find((one) => one.id === id)!;
    return `| @fontsource/${id} | ${version} | ${family} | ${category} | ${license} | ${perTypeface.get(id)} |`;
  })
  .join('\n')}

## Typefaces

${Object.entries(split)
  .map(([side, ids]) => `**${side}**: ${ids.join(', ')}`)
  .join('\n\n')}
`;
}

function characterRows({ samples }: TypefaceSelection): string {
  return (['train', 'validation', 'test'] as const)
    .map((side) => {
      const characters = CHARACTERS.filter((character) => SIDES.get(character) === side);
      const count = samples.filter(({ character }) => SIDES.get(character!) === side).length;
      return `| ${side} | ${characters.join(' ')} | ${count} |`;
    })
    .join('\n');
}

function kindRows({ typefaces, split }: TypefaceSelection): string {
  const kindOf = new Map(typefaces.map(({ id, category }) => [id, category]));
  const kinds = [...new Set(kindOf.values())].sort();
  const sides = [typefaces.map(({ id }) => id), split.base, split.validation, split.novel];
  return kinds
    .map((kind) => [kind, ...sides.map((ids) => ids.filter((id) => kindOf.get(id) === kind).length)])
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function copyTexts({ copies, pairs }: TypefaceSelection): string {
  return copies
    .map((id) => pairs.find(({ second }) => second === id)!)
    .map(({ first, second, similarity }) => `${second} (${digits(similarity)} with ${first})`)
    .join(', ');
}

/** Number of novel samples with a near-duplicate on another side. */
function shared({ typefaces, samples, split, pixels }: TypefaceSelection): number {
  const novel = new Set(split.novel);
  const rows = samples.map((_, row) => row);
  const isNovel = (row: number) => novel.has(typefaces[samples[row]!.label]!.id);
  const images = standardise(pixels, SELECTION_SIZE ** 2);
  const others = rows.filter((row) => !isNovel(row));
  return new Set([...nearDuplicatesBetween(images, rows.filter(isNovel), others)].map(([row]) => row)).size;
}

function digits(similarity: number): string {
  return similarity.toFixed(3);
}
