import { expect, it } from 'vitest';
import { sourceHash } from './source-hash.ts';

it('is one for all of a process', () => {
  expect(sourceHash()).toMatch(/^[0-9a-f]{64}$/);
  expect(sourceHash()).toBe(sourceHash());
});
