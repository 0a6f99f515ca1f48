// `pnpm --filter @clce/datasets card` rewrites datasets/icons.md after a change of packages, tables or rules.

import { writeFile } from 'node:fs/promises';
import { iconsCard } from './card.ts';
import { selectIcons } from './selection.ts';

await writeFile(new URL('../../../../datasets/icons.md', import.meta.url), iconsCard(await selectIcons()));
