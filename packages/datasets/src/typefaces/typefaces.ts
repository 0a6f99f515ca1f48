import { labelledFamilies, labelledSplit } from '../drawings/deal.ts';
import { drawnSet } from '../drawings/drawn-set.ts';
import { renderAll } from '../drawings/render-svg.ts';
import { TYPEFACE_PACKAGES, type TypefacePackage } from './packages.ts';
import { RENDERING } from './rendering.ts';

/** The set made of some packages. Only drawing loads the font engine. */
export function typefacesOf(packages: readonly TypefacePackage[]) {
  return drawnSet({
    name: 'typefaces',
    title: 'Typefaces: the characters of many typefaces',
    license: 'the licence of each font package: OFL-1.1, Apache-2.0, MIT (see datasets/typefaces.md)',
    citation: 'The designers of the typefaces, named in their packages, as packaged by Fontsource.',
    mirrorable: false,
    recipe: '2',
    rendering: RENDERING,
    packages: ['fontkit', ...packages.map(({ id }) => `@fontsource/${id}`)],
    async select(onProgress) {
      const { selectTypefaces } = await import('./selection.ts');
      const { typefaces, families, samples, split, pixels } = await selectTypefaces(packages, onProgress);
      const classNames = typefaces.map(({ id }) => id);
      return {
        classNames,
        samples,
        split: labelledSplit(split, classNames),
        reservable: { families: labelledFamilies(families, classNames), seenGroups: [] },
        pixels,
      };
    },
    async draw(samples, size, onProgress) {
      const { readTypeface, renderCharacter } = await import('./glyphs.ts');
      const typefaces = new Map(
        (await Promise.all(packages.map(readTypeface))).map((typeface) => [typeface.id, typeface]),
      );
      const render = (row: number) => {
        const { id, character } = samples[row]!;
        return renderCharacter(typefaces.get(id.split(':')[0]!)!, character!, size);
      };
      return renderAll(samples.length, size, render, onProgress);
    },
  });
}

/** A class is a typeface. A sample is one of its characters. The first load takes a minute. */
export const typefaces = typefacesOf(TYPEFACE_PACKAGES);
