/** For tests: folders of the user's pictures, written out of the embedded icons. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getDataset, sheetOfSamples } from '@clce/datasets';

/** Writes CLASS/0.png and so on. @param counts number of pictures of each class, at most twelve */
export async function placeIcons(
  folder: string,
  counts: Readonly<Record<string, number>>,
  size = 32,
): Promise<void> {
  const icons = await getDataset('icons').load({ dataRoot: process.env['CLCE_TEST_ICONS']!, size });
  const rowsOf = (label: number) =>
    icons.samples.flatMap((sample, row) => (sample.label === label ? [row] : []));
  for (const [label, [name, count]] of Object.entries(counts).entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    for (const [at, row] of rowsOf(label).slice(0, count).entries()) {
      const { png } = await sheetOfSamples(icons, [{ title: name, samples: [row] }]);
      writeFileSync(join(folder, name, `${at}.png`), png);
    }
  }
}
