import { expect, it } from 'vitest';
import { openEndAt, valueAt } from './scale.ts';

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
  expect(openEndAt(choice, 'in', 0.4)).toBeUndefined();
});

it.each([log, logit, linear])('a value in the outer share of a range is at its end: $scale', (range) => {
  const ends = [0, 0.09, 0.11, 0.5, 0.89, 0.91, 0.999].map((at) => openEndAt(range, valueAt(range, at), 0.1));
  expect(ends).toEqual(['lower', 'lower', undefined, undefined, undefined, 'upper', 'upper']);
});

it('an end that is not open is no edge', () => {
  const ends = (open: ('lower' | 'upper')[]) =>
    [0, 0.5, 0.999].map((at) => openEndAt({ ...linear, open }, valueAt(linear, at), 0.1));
  expect(ends(['upper'])).toEqual([undefined, undefined, 'upper']);
  expect(ends(['lower'])).toEqual(['lower', undefined, undefined]);
  expect(ends([])).toEqual([undefined, undefined, undefined]);
});
