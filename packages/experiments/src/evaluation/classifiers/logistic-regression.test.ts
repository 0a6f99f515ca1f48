import { counterRandom, RandomOperation } from '@clce/datasets';
import { describe, expect, it } from 'vitest';
import { correctOf, fixtureEpisodes, rowsOf } from '../../testing/fixture-episodes.ts';
import { logisticRegression, queryLogits } from './logistic-regression.ts';

describe('logisticRegression', () => {
  it.each(fixtureEpisodes.map((fixture, i) => [i, fixture] as const))(
    'gives scikit-learn’s logits, probabilities and predictions in episode %d',
    (_, { rows, episode, logisticRegression: expected }) => {
      const { way, query } = episode;
      rows.enter(episode);
      const { scores, stride } = queryLogits(rows, episode, 'double');
      const predictions: number[] = [];
      for (let row = 0; row < way * query; row++) {
        const own = Array.from(scores.subarray(row * stride, row * stride + way));
        const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
        own.forEach((logit, k) => {
          expect(Math.abs(logit - expected.logits[row]![k]!)).toBeLessThan(1e-6);
          expect(Math.abs(Math.exp(logit) / total - expected.probabilities[row]![k]!)).toBeLessThan(1e-7);
        });
        predictions.push(own.indexOf(Math.max(...own)));
      }
      expect(predictions).toEqual(expected.predictions);
      expect(logisticRegression.correct(rows, [episode])).toEqual(correctOf(expected.predictions, query));
    },
  );

  it('depends on C: an infinite penalty makes all classes equally likely', () => {
    const { rows, episode } = fixtureEpisodes[0]!;
    rows.enter(episode);
    const { scores } = queryLogits(rows, episode, 'double', 1e-9);
    const count = episode.queries.length * episode.way;
    expect(Math.max(...scores.subarray(0, count).map(Math.abs))).toBeLessThan(1e-7);
  });

  it('separates well-separated classes under a weak penalty', () => {
    const features = Float32Array.from([1, 0, 0.8, 0.6, 0, 1, -0.6, 0.8]);
    const episode = {
      way: 2,
      shot: 1,
      query: 1,
      support: Int32Array.of(0, 2),
      queries: Int32Array.of(1, 3),
    };
    const rows = rowsOf(features, 2, episode);
    rows.enter(episode);
    const { scores, stride } = queryLogits(rows, episode, 'double', 1e6);
    expect(scores[0]! - scores[1]!).toBeGreaterThan(1);
    expect(scores[stride + 1]! - scores[stride]!).toBeGreaterThan(10);
  });

  it('decides as float64 does where float32 is wrong: queries half way between two classes', () => {
    const [dim, query] = [640, 100];
    const random = counterRandom(5);
    const unit = (numbers: readonly number[]) => numbers.map((value) => value / Math.hypot(...numbers));
    const drawn = (row: number) =>
      unit(Array.from({ length: dim }, (_, d) => random.unit(RandomOperation.weights, row, d) - 0.5));
    const support = [drawn(0), drawn(1)];
    const between = support[0]!.map((value, d) => value - support[1]![d]!);
    const squared = between.reduce((sum, value) => sum + value ** 2, 0);
    // A drawn query without its part along the line from one class to the other.
    const queries = Array.from({ length: 2 * query }, (_, q) => {
      const own = drawn(q + 2);
      const along = own.reduce((sum, value, d) => sum + value * between[d]!, 0) / squared;
      return unit(own.map((value, d) => value - along * between[d]!));
    });
    const episode = {
      way: 2,
      shot: 1,
      query,
      support: Int32Array.of(0, 1),
      queries: Int32Array.from(queries, (_, q) => q + 2),
    };
    const rows = rowsOf(Float32Array.from([...support, ...queries].flat()), dim, episode);
    rows.enter(episode);
    const [single, double] = (['single', 'double'] as const).map((precision) => {
      const { scores, stride } = queryLogits(rows, episode, precision);
      return queries.map((_, q) => (scores[q * stride]! >= scores[q * stride + 1]! ? 0 : 1));
    });
    expect(single).not.toEqual(double);
    expect(logisticRegression.correct(rows, [episode])).toEqual(correctOf(double!, query));
  });

  it('says so when features are not finite', () => {
    const features = Float32Array.of(Number.NaN, 0, 0, 1, 1, 0, 0, 1);
    const [support, queries] = [Int32Array.of(0, 1), Int32Array.of(2, 3)];
    const episode = { way: 2, shot: 1, query: 1, support, queries };
    expect(() => logisticRegression.correct(rowsOf(features, 2, episode), [episode])).toThrow(/finite/);
  });
});
