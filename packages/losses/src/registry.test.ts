import { type Tensor2D, tf } from '@clce/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { ceSupCon } from './losses/ce-sup-con.ts';
import { clce } from './losses/clce.ts';
import { supCon } from './losses/sup-con.ts';
import { getLoss, lossNames } from './registry.ts';
import { crossEntropy } from './terms/cross-entropy.ts';
import { hcl } from './terms/hcl.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const logits = () =>
  tf.tensor2d([
    [1, 0, 0],
    [0, 2, 1],
    [0.5, 0.2, 1],
    [-1, 0, 3],
  ]);
const embeddings = () =>
  tf.tensor2d([
    [1, 2],
    [2, -1],
    [0.3, 1],
    [1, 1],
  ]);
const batch = () => ({
  logits: logits(),
  embeddings: embeddings(),
  labels: tf.tensor1d([0, 1, 0, 1], 'int32'),
});
const numberIn = (scalar: tf.Scalar) => scalar.dataSync()[0]!;

describe('names', () => {
  test('are those that suites and results know', () => {
    expect(lossNames).toEqual(expect.arrayContaining(['ce', 'ce+hcl', 'ce+supcon', 'clce', 'supcon']));
    expect([getLoss('clce').views, getLoss('ce+hcl').views]).toEqual([1, 2]);
  });

  test('an unknown one is answered with the nearest and with all', () => {
    const all = lossNames.join(', ');
    expect(() => getLoss('clec')).toThrow(`unknown loss "clec". Did you mean "clce"? Available: ${all}`);
    expect(() => getLoss('triplet margin')).toThrow(`unknown loss "triplet margin". Available: ${all}`);
  });
});

describe('parameters', () => {
  test('are plain JSON with all defaults filled in', () => {
    expect(getLoss('clce').resolve({ lambda: 0.5 })).toEqual({
      lambda: 0.5,
      labelSmoothing: 0,
      temperature: 0.5,
      hardness: 1,
      form: 'in',
      detachWeights: false,
    });
    for (const name of lossNames) {
      const { defaults } = getLoss(name);
      expect(JSON.parse(JSON.stringify(defaults))).toEqual(defaults);
    }
  });

  test('come in one order, so that they hash alike', () => {
    const { resolve } = getLoss('clce');
    expect(JSON.stringify(resolve({ form: 'out', lambda: 1 }))).toBe(
      JSON.stringify(resolve({ lambda: 1, form: 'out' })),
    );
  });

  test('are checked, and unknown ones refused', () => {
    expect(() => getLoss('clce').resolve({ temperature: -1 })).toThrow('temperature must be');
    expect(() => getLoss('clce').resolve({ temprature: 1 })).toThrow(
      'unknown parameter of clce "temprature". Did you mean "temperature"? Available: lambda, labelSmoothing, temperature',
    );
    expect(() => getLoss('ce').resolve({ hardness: 1 })).toThrow('unknown parameter of ce "hardness"');
  });
});

describe('apply', () => {
  test('gives what the functions give', () => {
    const given = batch();
    const [viewA, viewB] = tf.split(given.embeddings, 2) as [Tensor2D, Tensor2D];
    const ce = numberIn(crossEntropy(given.logits, given.labels));
    const loss = (name: string) => numberIn(getLoss(name).apply(given).loss);
    expect(loss('ce')).toBe(ce);
    expect(loss('ce+supcon')).toBeCloseTo(numberIn(ceSupCon(given)), 6);
    expect(loss('clce')).toBeCloseTo(numberIn(clce(given)), 6);
    expect(loss('supcon')).toBeCloseTo(numberIn(supCon(given.embeddings, given.labels)), 6);
    expect(loss('ce+hcl')).toBeCloseTo(0.1 * ce + 0.9 * numberIn(hcl(viewA, viewB)), 6);
  });

  test.each(lossNames)('%s: the loss is the blend of its parts', (name) => {
    const definition = getLoss(name);
    for (const lambda of 'lambda' in definition.defaults ? [0, 0.3, 1] : [undefined]) {
      const parts = definition.apply(batch(), lambda === undefined ? {} : { lambda });
      const share = lambda ?? (name === 'ce' ? 0 : 1);
      const blended = (1 - share) * numberIn(parts.crossEntropy) + share * numberIn(parts.contrastive);
      expect(numberIn(parts.loss)).toBeCloseTo(blended, 5);
    }
  });

  test.each(lossNames)('%s has a gradient at logits and at embeddings, whatever it uses', (name) => {
    const { labels } = batch();
    const gradients = tf.grads(
      (x, z) => getLoss(name).apply({ logits: x as Tensor2D, embeddings: z as Tensor2D, labels }).loss,
    )([logits(), embeddings()]);
    expect(gradients.map(({ shape }) => shape)).toEqual([
      [4, 3],
      [4, 2],
    ]);
  });

  test('two views must be of equal size', () => {
    const odd = {
      logits: tf.zeros<tf.Rank.R2>([3, 2]),
      embeddings: tf.zeros<tf.Rank.R2>([3, 2]),
      labels: tf.tensor1d([0, 1, 0], 'int32'),
    };
    expect(() => getLoss('ce+hcl').apply(odd)).toThrow(
      'embeddings must be two views of equal size, stacked, got [3,2]',
    );
  });
});

describe('mixed images', () => {
  const minorityLabels = [2, 0, 0, 2];
  const share = 0.3;
  const mixed = () => ({
    ...batch(),
    minority: { labels: tf.tensor1d(minorityLabels, 'int32'), share: tf.scalar(share) },
  });

  test.each(['ce', 'ce+supcon', 'clce', 'ce+hcl'])('%s: cross-entropy against soft targets', (name) => {
    const { crossEntropy: value, contrastive } = getLoss(name).apply(mixed());
    const soft = tf.add(
      tf.mul(tf.oneHot(tf.tensor1d([0, 1, 0, 1], 'int32'), 3), 1 - share),
      tf.mul(tf.oneHot(tf.tensor1d(minorityLabels, 'int32'), 3), share),
    );
    const expected = tf.neg(tf.mean(tf.sum(tf.mul(soft, tf.logSoftmax(logits())), 1))) as tf.Scalar;
    expect(numberIn(value)).toBeCloseTo(numberIn(expected), 6);
    expect(numberIn(contrastive)).toBe(numberIn(getLoss(name).apply(batch()).contrastive));
  });
});
