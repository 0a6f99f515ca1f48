import { describe, expect, it } from 'vitest';
import { cellKey } from './cell.ts';

describe('cellKey', () => {
  it('is the SHA-256 of the canonical JSON', () => {
    // printf '{"a":[1,null],"b":"x"}' | sha256sum
    expect(cellKey({ b: 'x', a: [1, null] })).toBe(
      '3dece6dc8d22d61692b03c7d51836aaec96fd08a614e224565e177ad6ff9dbe2',
    );
  });
});
