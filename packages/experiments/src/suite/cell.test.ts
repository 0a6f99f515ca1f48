import { expect, it } from 'vitest';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { expand } from './cell.ts';
import { checkPreset } from './check-preset.ts';
import type { Preset } from './preset.ts';

const manifests = new Map(['icons', 'typefaces'].map((name) => [name, '']));
const { horizontalFlip: _, ...recipe } = tinyPreset.recipe;
const preset: Preset = { ...tinyPreset, datasets: ['icons', 'typefaces'], recipe };

function flips(changed: Preset): Record<string, boolean[]> {
  const flipped: Record<string, Set<boolean>> = { icons: new Set(), typefaces: new Set() };
  for (const { spec } of expand(checkPreset(changed), manifests)) {
    if (spec.kind === 'training') flipped[spec.dataset.name]!.add(spec.recipe.horizontalFlip);
  }
  return Object.fromEntries(Object.entries(flipped).map(([name, values]) => [name, [...values]]));
}

it('a recipe flips pictures unless their data set has no mirror images', () => {
  expect(flips(preset)).toEqual({ icons: [true], typefaces: [false] });
});

it.each([true, false])('a recipe that sets horizontalFlip to %s means every data set', (horizontalFlip) => {
  expect(flips({ ...preset, recipe: { ...recipe, horizontalFlip } })).toEqual({
    icons: [horizontalFlip],
    typefaces: [horizontalFlip],
  });
});

it('a recipe that leaves the flip to the data set gives the specification that names it', () => {
  const icons = { ...preset, datasets: ['icons'] };
  const named = { ...icons, recipe: { ...recipe, horizontalFlip: true } };
  expect(expand(icons, manifests)).toEqual(expand(named, manifests));
});
