import { expect, it } from 'vitest';
import { placeOf, valueAt } from './scale.ts';

const log = { scale: 'log' as const, from: 1e-4, to: 1e-2 };
const logit = { scale: 'logit' as const, from: 0.3, to: 0.95 };
const linear = { scale: 'linear' as const, from: 0, to: 0.2 };

it('the middle of a range is its mean on the scale', () => {
  expect(valueAt(log, 0.5)).toBe(0.001);
  expect(valueAt(linear, 0.5)).toBe(0.1);
  // √(3/7 · 19) = 2.8536, and 2.8536 / 3.8536 = 0.7405
  expect(valueAt(logit, 0.5)).toBe(0.7405);
});

it('values have four digits and stay within their range', () => {
  expect(valueAt(log, 1 / 3)).toBe(0.0004642);
  const narrow = { scale: 'linear' as const, from: 0.123456, to: 0.123458 };
  for (const coordinate of [0, 0.3, 0.999]) {
    const value = valueAt(narrow, coordinate);
    expect(value).toBeGreaterThanOrEqual(narrow.from);
    expect(value).toBeLessThanOrEqual(narrow.to);
  }
});

it('a choice has equal shares', () => {
  const choice = { scale: 'choice' as const, values: ['in', 'out', null] };
  expect([0, 0.32, 0.34, 0.66, 0.67, 0.999].map((at) => valueAt(choice, at))).toEqual([
    ...['in', 'in', 'out', 'out', null, null],
  ]);
  expect(placeOf(choice, 'in')).toBeNull();
});

it.each([log, logit, linear])('the place of a value is its coordinate: $scale', (range) => {
  for (const coordinate of [0, 0.25, 0.9]) {
    expect(placeOf(range, valueAt(range, coordinate))).toBeCloseTo(coordinate, 3);
  }
});
