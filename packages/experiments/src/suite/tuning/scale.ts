/** Ranges of tuned entries: from a coordinate in [0, 1) to a value, and from a value to the end that it is near. */
import type { TunedRange, TunedValue } from '../preset.ts';

/**
 * The value at a coordinate, rounded to four significant digits before any key is made of it: the last digits of logarithms and
 * exponentials may differ between versions of Node.
 *
 * @param coordinate in [0, 1)
 */
export function valueAt(range: TunedRange, coordinate: number): TunedValue {
  if (range.scale === 'choice') return range.values[Math.floor(coordinate * range.values.length)]!;
  const { from, to } = range;
  const { onto, back } = SCALES[range.scale];
  const value = Number(back(onto(from) + coordinate * (onto(to) - onto(from))).toPrecision(4));
  return Math.min(to, Math.max(from, value));
}

export type End = 'lower' | 'upper';

/**
 * The open end of the range in whose outer `share` the value lies. Undefined for a value inside, at an end that is not open, and
 * for a choice, which has no ends.
 */
export function openEndAt(range: TunedRange, value: TunedValue, share: number): End | undefined {
  if (range.scale === 'choice' || typeof value !== 'number') return undefined;
  const { onto } = SCALES[range.scale];
  const place = (onto(value) - onto(range.from)) / (onto(range.to) - onto(range.from));
  const end = place < share ? 'lower' : place > 1 - share ? 'upper' : undefined;
  const { open = ['lower', 'upper'] } = range;
  return end !== undefined && open.includes(end) ? end : undefined;
}

interface Scale {
  readonly onto: (value: number) => number;
  readonly back: (place: number) => number;
}

const SCALES: Readonly<Record<'log' | 'linear' | 'logit', Scale>> = {
  linear: { onto: (value) => value, back: (place) => place },
  log: { onto: Math.log, back: Math.exp },
  /** The logarithm of λ / (1 − λ), the ratio of a sum's two terms. */
  logit: { onto: (share) => Math.log(share / (1 - share)), back: (place) => 1 / (1 + Math.exp(-place)) },
};
