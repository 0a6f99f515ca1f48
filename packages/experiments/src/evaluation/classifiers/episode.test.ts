import { describe, expect, it } from 'vitest';
import { requireEpisode } from './episode.ts';

const features = new Float32Array(8); // four rows of two
const episode = { way: 2, shot: 1, query: 1, support: Int32Array.of(0, 1), queries: Int32Array.of(2, 3) };

describe('requireEpisode', () => {
  it('accepts an episode that fits', () => {
    expect(() => requireEpisode(episode, features, 2)).not.toThrow();
  });

  it.each([
    [{ ...episode, way: 0 }, 'way must be a positive integer, got 0'],
    [{ ...episode, shot: 2 }, 'support must hold 4 rows, got 2'],
    [{ ...episode, query: 3 }, 'queries must hold 6 rows, got 2'],
    [{ ...episode, queries: Int32Array.of(2, 4) }, 'queries names row 4; the features have 4 rows'],
    [{ ...episode, support: Int32Array.of(-1, 0) }, 'support names row -1'],
  ])('refuses %j', (wrong, message) => {
    expect(() => requireEpisode(wrong, features, 2)).toThrow(message);
  });
});
