/** model-fixtures.test.ts compares the outputs with timm's. */
import { describe, expect, it } from 'vitest';
import { buildVit } from './vit.ts';

describe('a ViT', () => {
  it('refuses an image that its patches do not tile, and a width that its heads do not divide', () => {
    const options = { name: 'v', description: '', patchSize: 8, width: 6, depth: 1, heads: 2 } as const;
    const vit = buildVit({ ...options, pooling: 'token' });
    expect(() => vit.initialise(30, (_, count) => new Float32Array(count))).toThrow(
      'v: an image side of 30 pixels is no multiple of its patches of 8',
    );
    expect(() => buildVit({ ...options, heads: 4, pooling: 'token' })).toThrow('no multiple of 4 heads');
  });
});
