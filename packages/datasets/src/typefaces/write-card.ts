// `pnpm --filter @clce/datasets card` rewrites datasets/typefaces.md after a change of packages, characters or rules.

import { writeFile } from 'node:fs/promises';
import { typefacesCard } from './card.ts';
import { TYPEFACE_PACKAGES } from './packages.ts';
import { selectTypefaces } from './selection.ts';

const card = typefacesCard(await selectTypefaces(TYPEFACE_PACKAGES));
await writeFile(new URL('../../../../datasets/typefaces.md', import.meta.url), card);
