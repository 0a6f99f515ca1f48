import { describe, expect, it } from 'vitest';
import { queryLogits } from './classifiers/logistic-regression.ts';
import { normaliseRows } from './features.ts';
import { largestOfRows, linearProbe, nearestNeighbours } from './transfer-classifiers.ts';

const DIM = 7;
const CLASSES = 4;
const COUNT = 60;
/** Unit vectors around a direction of their class. */
function sample(count: number, phase: number) {
  const labels = Int32Array.from({ length: count }, (_, row) => row % CLASSES);
  const values = Float32Array.from({ length: count * DIM }, (_, at) => {
    const [row, d] = [Math.floor(at / DIM), at % DIM];
    return Math.cos(2.1 * (labels[row]! + 1) * (d + 1)) + 1.2 * Math.sin(12.9898 * at + phase);
  });
  return { features: normaliseRows({ values, dim: DIM }), labels };
}
const reference = sample(COUNT, 0);
const queries = sample(40, 1);
const rowOf = (values: Float32Array, row: number) => values.subarray(row * DIM, (row + 1) * DIM);

describe('k-NN', () => {
  it('votes as the definition says, written out', () => {
    const expected = Array.from({ length: 40 }, (_, query) => {
      const q = rowOf(queries.features.values, query);
      const similar = Array.from(reference.labels, (label, row) => ({
        label,
        s: rowOf(reference.features.values, row).reduce((sum, value, d) => sum + value * q[d]!, 0),
      }));
      similar.sort((a, b) => b.s - a.s);
      const votes = [0, 0, 0, 0];
      for (const { label, s } of similar.slice(0, 20)) votes[label]! += Math.exp(s / 0.07);
      return votes.indexOf(Math.max(...votes));
    });
    const found = nearestNeighbours(reference, queries.features, CLASSES);
    expect([...found]).toEqual(expected);
    expect(new Set(found).size).toBe(CLASSES);
  });

  it('with fewer reference samples than neighbours, all of them vote', () => {
    const few = {
      features: { values: reference.features.values.slice(0, 3 * DIM), dim: DIM },
      labels: reference.labels.slice(0, 3),
    };
    expect(new Set(nearestNeighbours(few, queries.features, CLASSES)).has(3)).toBe(false);
  });
});

describe('the linear probe', () => {
  it('is the logistic regression of an episode with the same samples', () => {
    // Class-major, as an episode's support is.
    const support = Int32Array.from({ length: COUNT }, (_, i) => (i % 15) * CLASSES + Math.floor(i / 15));
    const values = Float32Array.from([...reference.features.values, ...queries.features.values]);
    const episode = {
      classes: [0, 1, 2, 3],
      way: CLASSES,
      shot: 15,
      query: 10,
      support,
      queries: Int32Array.from({ length: 40 }, (_, i) => COUNT + i),
    };
    const expected = largestOfRows(queryLogits(values, DIM, episode, 3), CLASSES);
    expect(linearProbe(reference, queries.features, CLASSES, 3)).toEqual(expected);
    expect(new Set(expected).size).toBe(CLASSES);
  });
});
