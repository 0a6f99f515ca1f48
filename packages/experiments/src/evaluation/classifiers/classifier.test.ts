import { describe, expect, it } from 'vitest';
import { rowsOf } from '../../testing/fixture-episodes.ts';
import { fewShotClassifier } from './classifier.ts';
import type { Precision } from './episode-rows.ts';

const episode = { way: 2, shot: 1, query: 1, support: Int32Array.of(0, 1), queries: Int32Array.of(2, 3) };
const rows = rowsOf(new Float32Array(8), 2, episode);

/** The first query's two scores are `lead` apart in float32, where the wrong one is ahead; float64 knows better. */
function asked(lead: number): { readonly correct: number[]; readonly precisions: Precision[] } {
  const precisions: Precision[] = [];
  const classifier = fewShotClassifier('nearest-centroid', (_rows, _episode, precision) => {
    precisions.push(precision);
    const first = precision === 'single' ? [0.5 - lead, 0.5] : [0.5, 0.4];
    return { scores: Float64Array.of(...first, 0, 1), stride: 2, longest: 1 };
  });
  return { correct: classifier.correct(rows, [episode]), precisions };
}

describe('fewShotClassifier', () => {
  it('uses float32 where its error cannot change the outcome', () => {
    expect(asked(1e-4)).toEqual({ correct: [0, 1], precisions: ['single'] });
  });

  it('uses float64 where float32 may be wrong, and for a tie', () => {
    for (const lead of [1e-6, 0])
      expect(asked(lead)).toEqual({ correct: [1, 1], precisions: ['single', 'double'] });
  });
});
