import { describe, expect, it } from 'vitest';
import { unknownName } from './unknown-name.ts';

describe('an unknown name', () => {
  it('is answered with the closest choice and all choices', () => {
    expect(unknownName('loss', 'CLEC', ['ce', 'clce'])).toBe(
      'unknown loss "CLEC". Did you mean "clce"? Available: ce, clce',
    );
  });

  it('is answered with choices in quotes where one has a comma', () => {
    expect(unknownName('method', 'mine', ['CE', 'CLCE, λ = 0.5'])).toBe(
      'unknown method "mine". Available: "CE", "CLCE, λ = 0.5"',
    );
  });

  it('is answered without a guess where nothing is close', () => {
    expect(unknownName('loss', 'margin', ['ce', 'clce'])).toBe('unknown loss "margin". Available: ce, clce');
    expect(unknownName('preset', 'quick', [])).toBe('unknown preset "quick". Available: ');
  });
});
