import { expect, test } from 'vitest';
import { LossError } from './loss-error.ts';
import * as parameters from './parameters.ts';

const byName = { ...parameters };

test.each([
  ['lambda', -0.1, 'lambda must be a number in [0, 1], got -0.1'],
  ['lambda', 1.01, 'lambda must be a number in [0, 1], got 1.01'],
  ['lambda', Number.NaN, 'lambda must be a number in [0, 1], got NaN'],
  ['labelSmoothing', 1, 'labelSmoothing must be a number in [0, 1), got 1'],
  ['temperature', 0, 'temperature must be a finite number > 0 (at least 1e-6), got 0'],
  ['temperature', -1, 'temperature must be a finite number > 0 (at least 1e-6), got -1'],
  ['hardness', -1, 'hardness must be a finite number >= 0, got -1'],
  ['hardness', Number.POSITIVE_INFINITY, 'hardness must be a finite number >= 0, got Infinity'],
  ['tauPlus', 1, 'tauPlus must be a number in [0, 1), got 1'],
  ['form', 'inside', 'form must be "in" or "out", got "inside"'],
  ['detachWeights', 'yes', 'detachWeights must be true or false, got "yes"'],
  ['blockSize', 0.5, 'blockSize must be a whole number >= 1, got 0.5'],
] as const)('%s refuses %s', (name, value, message) => {
  const check = () => byName[name].check(value);
  expect(check).toThrow(LossError);
  expect(check).toThrow(expect.objectContaining({ parameter: name, message }));
});

test('every default is allowed', () => {
  for (const parameter of Object.values(byName)) {
    expect(parameter.check(parameter.default)).toBe(parameter.default);
  }
});
