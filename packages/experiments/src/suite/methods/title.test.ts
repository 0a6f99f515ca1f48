import { expect, it } from 'vitest';
import { tinyPreset } from '../../testing/tiny-preset.ts';
import { expand } from '../cell.ts';
import { checkPreset } from '../check-preset.ts';
import { applyOverrides } from '../overrides.ts';
import type { Method } from '../preset.ts';
import { titleOf } from './title.ts';

it.each<[Method, string]>([
  [{ name: 'clce' }, 'CLCE'],
  [{ name: 'clce', parameters: { lambda: 0.1 } }, 'CLCE, λ = 0.1'],
  [{ name: 'clce', parameters: { lambda: 0.9, temperature: 0.1, hardness: 2 } }, 'CLCE, τ = 0.1, β = 2'],
  [
    { name: 'clce', parameters: { form: 'out', detachWeights: true } },
    'CLCE, form = out, detachWeights = true',
  ],
  [{ name: 'ce', recipe: { labelSmoothing: 0.1 } }, 'CE, labelSmoothing = 0.1'],
  [
    { name: 'ce', recipe: { budget: { steps: 10 }, resizedCrop: [0.4, 1] } },
    'CE, 10 steps, resizedCrop = [0.4,1]',
  ],
  [{ name: 'clce', recipe: { contrastiveGroup: 16 } }, 'CLCE, group = 16'],
  [{ name: 'supcon-two-views', parameters: { temperature: 0.1 } }, 'SupCon, two views'],
  [{ name: 'clce', title: 'ours', parameters: { lambda: 0.1 } }, 'ours'],
])('%j is called %s', (method, title) => {
  expect(titleOf(method)).toBe(title);
});

it('a parameter that is set later is told, after a title of the user’s too', () => {
  const losses = [
    { name: 'ce' },
    { name: 'clce' },
    { name: 'clce', title: 'ours', parameters: { hardness: 2 } },
  ];
  const titles = (set: string[]) =>
    checkPreset(applyOverrides({ ...tinyPreset, losses }, { set })).losses.map(titleOf);
  expect(titles(['loss.lambda=0.5'])).toEqual(['CE', 'CLCE, λ = 0.5', 'ours, λ = 0.5']);
  expect(titles(['loss.lambda=0.9'])).toEqual(['CE', 'CLCE', 'ours']);
});

const atItsDefaults = {
  name: 'clce',
  title: 'CLCE at its defaults',
  parameters: { lambda: 0.9, temperature: 0.5, hardness: 1, form: 'in' },
};
const cellsOf = (losses: Method[]) =>
  expand(checkPreset({ ...tinyPreset, losses }), new Map([['icons', 'hash']])).slice(1);

it('a preset has two rows of one loss, one of them at fixed parameters', () => {
  const cells = cellsOf([
    { name: 'ce' },
    { name: 'clce', parameters: { lambda: 0.5, temperature: 0.1 } },
    atItsDefaults,
  ]);
  expect(cells.map(({ facts }) => facts.kind === 'training' && facts.loss)).toEqual([
    'CE',
    'CLCE, λ = 0.5, τ = 0.1',
    'CLCE at its defaults',
  ]);
  const [plain] = cellsOf([{ name: 'clce' }]);
  expect(cells[2]!.spec).toEqual(plain!.spec);
});

it.each<[Method, string]>([
  [{ name: 'clce', title: 'CLCE', parameters: { lambda: 0.5 } }, 'CLCE, λ = 0.5'],
  [{ name: 'supcon', title: 'CLCE' }, 'SupCon'],
  [{ name: 'ce', title: 'CE', recipe: { labelSmoothing: 0.1 } }, 'CE, labelSmoothing = 0.1'],
])('%j is refused: the title of a loss is that of the loss at its defaults', (method, said) => {
  expect(() => checkPreset({ ...tinyPreset, losses: [method] })).toThrow(
    `at its defaults, but the method is ${said}; give it another title`,
  );
});

it('the facts of a cell hold the loss with all of its parameters, whatever the title', () => {
  const [cell] = cellsOf([{ name: 'clce', title: 'ours', parameters: { lambda: 0.5 } }]);
  expect(cell!.facts).toMatchObject({
    loss: 'ours',
    lossName: 'clce',
    parameters: {
      lambda: 0.5,
      temperature: 0.5,
      hardness: 1,
      form: 'in',
      detachWeights: false,
      labelSmoothing: 0,
    },
    optimizer: tinyPreset.recipe.optimizer,
  });
  expect(cell!.label).toContain(' · ours · ');
});
