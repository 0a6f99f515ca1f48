import { eagerEngine, onnxEngine } from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { softmaxRegression } from './classifiers/softmax-regression.ts';
import { normaliseRows } from './features.ts';
import { linearProbe, nearestNeighbours } from './transfer-classifiers.ts';

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
const engine = onnxEngine({ threads: 1 });
const rowOf = (values: Float32Array, row: number) => values.subarray(row * DIM, (row + 1) * DIM);

describe('k-NN', () => {
  it('votes as the definition says, written out', async () => {
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
    const found = await nearestNeighbours(reference, queries.features, CLASSES, engine);
    expect([...found]).toEqual(expected);
    expect(new Set(found).size).toBe(CLASSES);
  });

  it('with fewer reference samples than neighbours, all of them vote', async () => {
    const few = {
      features: { values: reference.features.values.slice(0, 3 * DIM), dim: DIM },
      labels: reference.labels.slice(0, 3),
    };
    const classes = await nearestNeighbours(few, queries.features, CLASSES, engine);
    expect(classes).not.toContain(3);
  });
});

describe('the linear probe', () => {
  it.each([eagerEngine(), onnxEngine({ threads: 1 })])(
    'is near logistic regression with hardly any penalty, on the $name engine',
    async (on) => {
      const { values } = reference.features;
      const gram = Float64Array.from({ length: COUNT ** 2 }, (_, at) => {
        const other = rowOf(values, at % COUNT);
        return rowOf(values, Math.floor(at / COUNT)).reduce((sum, value, d) => sum + value * other[d]!, 0);
      });
      const problem = { gram, stride: COUNT, labels: reference.labels, way: CLASSES, C: 100 };
      // Its decision on the reference samples themselves.
      const { probabilities } = softmaxRegression(problem);
      const expected = Array.from({ length: COUNT }, (_, row) => {
        const own = Array.from({ length: CLASSES }, (_, k) => probabilities[k * COUNT + row]!);
        return own.indexOf(Math.max(...own));
      });
      const found = await linearProbe(reference, reference.features, CLASSES, on);
      const agreeing = found.filter((label, row) => label === expected[row]).length;
      expect(agreeing).toBeGreaterThanOrEqual(COUNT - 2);
      expect(new Set(found).size).toBe(CLASSES);
    },
  );
});
