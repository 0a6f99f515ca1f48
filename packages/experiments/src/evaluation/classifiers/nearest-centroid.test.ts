import { describe, expect, it } from 'vitest';
import { correctOf, fixtureEpisodes, rowsOf } from '../../testing/fixture-episodes.ts';
import { centroidCosines, nearestCentroid } from './nearest-centroid.ts';

describe('nearestCentroid', () => {
  it.each(fixtureEpisodes.map((fixture, i) => [i, fixture] as const))(
    'gives NumPy’s cosines and accuracy in episode %d',
    (_, { rows, episode, nearestCentroid: expected }) => {
      rows.enter(episode);
      const { scores, stride } = centroidCosines(rows, episode, 'double');
      expected.cosines.forEach((cosines, i) => {
        cosines.forEach((cosine, k) => {
          expect(scores[i * stride + k]).toBeCloseTo(cosine, 11);
        });
      });
      expect(nearestCentroid.correct(rows, [episode])).toEqual(
        correctOf(expected.predictions, episode.query),
      );
    },
  );

  it('is right on an example checked by hand, and gives the first of two equal classes', () => {
    // East and north are shown; east-north-east, then north-east (a tie, so east: wrong), are asked.
    const diagonal = Math.SQRT1_2;
    const features = Float32Array.from([1, 0, 0, 1, 0.8, 0.6, diagonal, diagonal]);
    const episode = {
      way: 2,
      shot: 1,
      query: 1,
      support: Int32Array.of(0, 1),
      queries: Int32Array.of(2, 3),
    };
    expect(nearestCentroid.correct(rowsOf(features, 2, episode), [episode])).toEqual([1, 0]);
  });

  it('scores a class whose support cancels out as zero, not NaN', () => {
    const features = Float32Array.from([1, 0, -1, 0, 0, 1, 0, 1, 0.6, -0.8, 0.6, 0.8]);
    const episode = {
      way: 2,
      shot: 2,
      query: 1,
      support: Int32Array.of(0, 1, 2, 3),
      queries: Int32Array.of(4, 5),
    };
    expect(nearestCentroid.correct(rowsOf(features, 2, episode), [episode])).toEqual([1, 1]);
  });
});
