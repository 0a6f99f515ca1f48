import { expect, it } from 'vitest';
import { getBackbone } from '../registry.ts';

// What every backbone owes is tested in registry.test.ts; here stand the figures of this one, with their source.
it('has as many parameters as published', () => {
  const backbone = getBackbone('my-own');
  const { parameters } = backbone.initialise(32, (_, count) => new Float32Array(count));
  const count = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  expect(count).toBe(19488);
});
