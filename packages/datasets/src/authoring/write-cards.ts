/** Writes the cards of all sets that are read from official files: `pnpm --filter @clce/datasets card`. */
import { writeFile } from 'node:fs/promises';
import { SOURCES } from '../registry.ts';
import { datasetCard } from './card.ts';

for (const source of SOURCES) {
  await writeFile(new URL(`../../../../datasets/${source.name}.md`, import.meta.url), datasetCard(source));
}
