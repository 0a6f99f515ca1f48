import { rowProducts } from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { correctOf, dim, fixtureEpisodes } from './fixture-episodes.ts';
import { logisticRegression, queryLogits } from './logistic-regression.ts';

describe('logisticRegression', () => {
  it.each(fixtureEpisodes.map((fixture, i) => [i, fixture] as const))(
    'gives scikit-learn’s logits, probabilities and predictions in episode %d',
    (_, { features, episode, logisticRegression: expected }) => {
      const { way, query } = episode;
      const logits = queryLogits(features, dim, episode);
      const predictions: number[] = [];
      for (let row = 0; row < way * query; row++) {
        const own = Array.from(logits.subarray(row * way, (row + 1) * way));
        const total = own.reduce((sum, logit) => sum + Math.exp(logit), 0);
        own.forEach((logit, k) => {
          expect(Math.abs(logit - expected.logits[row]![k]!)).toBeLessThan(1e-6);
          expect(Math.abs(Math.exp(logit) / total - expected.probabilities[row]![k]!)).toBeLessThan(1e-7);
        });
        predictions.push(own.indexOf(Math.max(...own)));
      }
      expect(predictions).toEqual(expected.predictions);
      expect(logisticRegression.correct(features, dim, episode)).toBe(correctOf(expected.predictions, query));
    },
  );

  it('gives the same logits from inner products alone', async () => {
    for (const { features, episode } of fixtureEpisodes) {
      const products = await rowProducts(Float64Array.from(features), dim);
      const [direct, looked] = [
        queryLogits(features, dim, episode),
        queryLogits(features, dim, episode, { products }),
      ];
      direct.forEach((logit, at) => {
        expect(Math.abs(logit - looked[at]!)).toBeLessThan(1e-8);
      });
    }
  });

  it('follows C: a penalty without end leaves the classes equal', () => {
    const { features, episode } = fixtureEpisodes[0]!;
    const logits = queryLogits(features, dim, episode, { C: 1e-9 });
    expect(Math.max(...logits.map(Math.abs))).toBeLessThan(1e-7);
  });

  it('separates well-separated classes when hardly penalised', () => {
    const features = Float32Array.from([1, 0, 0.8, 0.6, 0, 1, -0.6, 0.8]);
    const episode = {
      way: 2,
      shot: 1,
      query: 1,
      support: Int32Array.of(0, 2),
      queries: Int32Array.of(1, 3),
    };
    const logits = queryLogits(features, 2, episode, { C: 1e6 });
    expect(logits[0]! - logits[1]!).toBeGreaterThan(1);
    expect(logits[3]! - logits[2]!).toBeGreaterThan(10);
  });
});
