import { labelledFamilies, labelledSplit } from '../drawings/deal.ts';
import { drawnSet } from '../drawings/drawn-set.ts';
import { testAuthors } from './authors.ts';
import { readIconSets } from './catalogue.ts';
import { conceptFamilies } from './concepts/families.ts';
import { ICON_PACKAGES } from './packages.ts';
import { RENDERING, renderDrawings } from './render.ts';
import { samplesOf, selectIcons } from './selection.ts';

/**
 * A class is a concept (calendar, shield, compass). A sample is one icon author's drawing of that concept. The first load takes a
 * minute.
 */
export const icons = drawnSet({
  name: 'icons',
  title: 'Icons: one concept drawn by many authors',
  license:
    'the licence of each icon package: MIT, Apache-2.0, ISC, BSD-3-Clause, Unlicense (see datasets/icons.md)',
  citation: 'The authors of the icon packages, listed in datasets/icons.md, as packaged by Iconify.',
  recipe: '2',
  rendering: RENDERING,
  packages: ICON_PACKAGES.map(({ prefix }) => `@iconify-json/${prefix}`),
  async select(onProgress) {
    const selection = await selectIcons(onProgress);
    const { concepts, split, pixels } = selection;
    const samples = samplesOf(selection);
    return {
      classNames: concepts,
      samples,
      split: labelledSplit(split, concepts),
      reservable: {
        families: labelledFamilies(conceptFamilies(concepts), concepts),
        seenGroups: testAuthors(samples),
      },
      pixels,
    };
  },
  async draw(samples, size, onProgress) {
    const { iconSets } = await readIconSets();
    const drawings = samples.map(({ id }) => {
      const [prefix, icon] = id.split(':');
      return { prefix: prefix!, icon: icon! };
    });
    return renderDrawings(iconSets, drawings, size, onProgress);
  },
});
