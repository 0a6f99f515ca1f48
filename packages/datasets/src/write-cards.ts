/** Writes the card of every set that is read from official files: `pnpm --filter @clce/datasets card`. */
import { writeFile } from 'node:fs/promises';
import { datasetCard } from './card.ts';
import { SOURCES } from './registry.ts';

for (const source of SOURCES) {
  await writeFile(new URL(`../../../datasets/${source.name}.md`, import.meta.url), datasetCard(source));
}
