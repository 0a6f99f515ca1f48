/** The largest models, whose parameters take seconds to make. */
import { expect, it } from 'vitest';
import { getBackbone } from './registry.ts';

function withClassifier(name: string): number {
  const { initialise, featureSize } = getBackbone(name);
  const { parameters } = initialise(224, (_tensor, count) => new Float32Array(count));
  const own = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  return own + featureSize(224) * 1000 + 1000;
}

it('vit-large has as many parameters as torchvision documents (`num_params`)', () => {
  expect(withClassifier('vit-large')).toBe(304_326_632);
});

it('beit3-large has as many million parameters as microsoft/unilm documents (beit3/README.md)', () => {
  expect(Math.round(withClassifier('beit3-large') / 1e6)).toBe(305);
});
