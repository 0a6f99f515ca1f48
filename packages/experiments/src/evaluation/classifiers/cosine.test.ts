import { describe, expect, it } from 'vitest';
import { dim, fixtureEpisodes, rowsOf } from '../../testing/fixture-episodes.ts';
import { cosine } from './cosine.ts';
import type { Episode } from './episode.ts';
import { nearestCentroid } from './nearest-centroid.ts';

/** RFS's evaluation, written out in float64. */
function obvious(
  features: Float32Array,
  width: number,
  { way, shot, query, support, queries }: Episode,
): number[] {
  const correct = Array.from({ length: way }, () => 0);
  queries.forEach((row, q) => {
    let [best, nearest] = [Number.NEGATIVE_INFINITY, -1];
    support.forEach((other, i) => {
      let similarity = 0;
      for (let d = 0; d < width; d++) similarity += features[row * width + d]! * features[other * width + d]!;
      if (similarity > best) [best, nearest] = [similarity, i];
    });
    const label = Math.floor(q / query);
    if (Math.floor(nearest / shot) === label) correct[label]!++;
  });
  return correct;
}

describe('cosine', () => {
  it('is the nearest support sample, written out', () => {
    for (const { rows, features, episode } of fixtureEpisodes) {
      expect(cosine.correct(rows, [episode])).toEqual(obvious(features, dim, episode));
    }
  });

  it('with one shot is nearest centroid, with more it is not', () => {
    const differs = fixtureEpisodes.map(({ rows, episode }) => {
      const [own, centroid] = [cosine.correct(rows, [episode]), nearestCentroid.correct(rows, [episode])];
      if (episode.shot === 1) expect(own).toEqual(centroid);
      return own.some((count, k) => count !== centroid[k]);
    });
    expect(differs).toContain(true);
  });

  it('uses the nearest sample and not the mean, on an example checked by hand', () => {
    // East and west, whose mean is nothing; twice north. The query lies a little to the east of north-east.
    const features = Float32Array.from([1, 0, -1, 0, 0, 1, 0, 1, 0.8, 0.6, 0, 1]);
    const [support, queries] = [Int32Array.of(0, 1, 2, 3), Int32Array.of(4, 5)];
    const episode = { way: 2, shot: 2, query: 1, support, queries };
    const rows = rowsOf(features, 2, episode);
    expect(cosine.correct(rows, [episode])).toEqual([1, 1]);
    expect(nearestCentroid.correct(rows, [episode])).toEqual([0, 1]);
  });
});
