import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closestName } from './closest-name.ts';

describe('closestName', () => {
  it.each([
    ['cifar-fs', 'cifarfs'],
    ['CIFAR_FS', 'cifarfs'],
    ['mini-imagnet', 'miniimagenet'],
    ['icns', 'icons'],
  ])('takes %s for %s', (typed, meant) => {
    expect(closestName(typed, ['icons', 'cifarfs', 'fc100', 'miniimagenet'])).toBe(meant);
  });

  it('takes a name for itself', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 });
    fc.assert(
      fc.property(names, (choices) => {
        for (const name of choices) expect(closestName(name, choices)).toBe(name);
      }),
    );
  });

  it('finds nothing where more than half differs', () => {
    expect(closestName('abcd', ['wxyz', 'awxyz'])).toBeUndefined();
  });
});
