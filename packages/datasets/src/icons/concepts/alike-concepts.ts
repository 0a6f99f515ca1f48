// `pnpm --filter @clce/datasets alike` lists pairs of concepts with near-identical drawings. Many such drawings suggest a
// synonym that is missing from synonyms.ts, or a relation that is missing from related-concepts.ts.

import { standardise } from '../../drawings/correlation.ts';
import { SELECTION_SIZE } from '../../drawings/drawn-set.ts';
import { nearDuplicatesBetween } from '../../drawings/near-duplicates.ts';
import { selectIcons } from '../selection.ts';
import { conceptFamilies } from './families.ts';

const { drawings, concepts, pixels } = await selectIcons();
const images = standardise(pixels, SELECTION_SIZE ** 2);
const rows = drawings.map((_, row) => row);
const familyOf = new Map(
  conceptFamilies(concepts).flatMap((family, i) => family.map((concept) => [concept, i])),
);

const pairs = new Map<string, { count: number; related: boolean }>();
for (const [a, b] of nearDuplicatesBetween(images, rows, rows)) {
  const [first, second] = [drawings[a]!.concept, drawings[b]!.concept];
  if (first >= second) continue;
  const pair = pairs.get(`${first} = ${second}`) ?? {
    count: 0,
    related: familyOf.get(first) === familyOf.get(second),
  };
  pair.count++;
  pairs.set(`${first} = ${second}`, pair);
}
for (const [name, { count, related }] of [...pairs].sort((a, b) => b[1].count - a[1].count)) {
  console.log(`${count}\t${name}\t${related ? 'one family' : 'different families'}`);
}
