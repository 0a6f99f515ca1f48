import { rowProducts } from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { correctOf, dim, fixtureEpisodes } from './fixture-episodes.ts';
import { centroids, nearestCentroid } from './nearest-centroid.ts';

describe('nearestCentroid', () => {
  it.each(fixtureEpisodes.map((fixture, i) => [i, fixture] as const))(
    'gives NumPy’s cosines and accuracy in episode %d',
    (_, { features, episode, nearestCentroid: expected }) => {
      const means = centroids(features, dim, episode);
      episode.queries.forEach((row, i) => {
        for (let k = 0; k < episode.way; k++) {
          let cosine = 0;
          for (let d = 0; d < dim; d++) cosine += features[row * dim + d]! * means[k * dim + d]!;
          expect(cosine).toBeCloseTo(expected.cosines[i]![k]!, 11);
        }
      });
      expect(nearestCentroid.correct(features, dim, episode)).toBe(
        correctOf(expected.predictions, episode.query),
      );
    },
  );

  it('gives the same accuracy from inner products alone', async () => {
    for (const { features, episode, nearestCentroid: expected } of fixtureEpisodes) {
      const products = await rowProducts(Float64Array.from(features), dim);
      const correct = nearestCentroid.correct(features, dim, episode, products);
      expect(correct).toBe(correctOf(expected.predictions, episode.query));
    }
  });

  it('is right where one can check by hand, and gives the first of two equal classes', () => {
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
    expect(nearestCentroid.correct(features, 2, episode)).toBe(1);
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
    expect(nearestCentroid.correct(features, 2, episode)).toBe(2);
    const products = Float64Array.from({ length: 36 }, (_, at) => {
      const [a, b] = [2 * Math.floor(at / 6), 2 * (at % 6)];
      return features[a]! * features[b]! + features[a + 1]! * features[b + 1]!;
    });
    expect(nearestCentroid.correct(features, 2, episode, products)).toBe(2);
  });
});
