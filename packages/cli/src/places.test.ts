import { expect, it } from 'vitest';
import { tableOf } from './places.ts';

const suite = { name: 'fewshot', defaultPreset: 'quick' };

it.each([
  ['quick', false, 'tables/fewshot.csv'],
  ['full', false, 'tables/fewshot-full.csv'],
  ['quick', true, 'results/fewshot.csv'],
  ['full', true, 'results/fewshot-full.csv'],
])('the table of preset %s, reference %s, is %s', (preset, reference, table) => {
  expect(tableOf(suite, preset, reference)).toMatch(new RegExp(`(^|/)${table}$`));
});
