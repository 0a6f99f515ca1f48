import { expect, it } from 'vitest';
import { durationText, secondsIn } from './duration.ts';

it.each([
  ['90s', 90],
  ['15m', 900],
  ['15min', 900],
  ['4h', 14_400],
  ['1h30m', 5400],
  ['0.5h', 1800],
  ['', undefined],
  ['0h', undefined],
  ['15', undefined],
  ['-4h', undefined],
  ['4 days', undefined],
])('%j is %s seconds', (text, seconds) => expect(secondsIn(text)).toBe(seconds));

it.each([
  [40, '40 s'],
  [840, '14 min'],
  [7500, '2 h 5 min'],
  [7200, '2 h'],
  [3599, '1 h'],
])('%d seconds are %s', (seconds, text) => expect(durationText(seconds)).toBe(text));
