/** A batch in contrastive groups has the mean of the losses of its groups. The oracles are float64 loops over one group at a time. */
import { getEngine, type Tensor1D, type Tensor2D, tf, trace } from '@clce/engine';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateInGroups } from './groups.ts';
import type { LossDefinition, PlainBatch } from './loss-definition.ts';
import { getLoss, lossNames } from './registry.ts';
import { evaluateOn } from './testing/engine-evaluation.ts';

const BATCH = 512;
const GROUPS = 8;
const DIM = 16;
const CLASSES = 40;

/** Numbers that look random, in float32. */
const wave = (rows: number, columns: number, phase: number) =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => {
      const k = row * columns + column;
      return Math.fround(Math.sin(1.7 * k + phase + 0.001 * k * k));
    }),
  );

/** 512 rows: samples in order, and for two views their second views after them. */
function batchOf({ views }: LossDefinition): PlainBatch {
  const samples = BATCH / views;
  return {
    logits: wave(BATCH, CLASSES, 1),
    embeddings: wave(BATCH, DIM, 2),
    labels: Array.from(
      { length: BATCH },
      (_, row) => ((row % samples) * 7 + ((row % samples) >> 3)) % CLASSES,
    ),
  };
}

/** The rows of each group, written down by hand: for two views samples 0 … 31 are rows 0 … 31 and 256 … 287. */
function rowsOfGroups(views: 1 | 2): number[][] {
  const inGroup = BATCH / views / GROUPS;
  return Array.from({ length: GROUPS }, (_, group) => {
    const first = Array.from({ length: inGroup }, (_, at) => group * inGroup + at);
    return views === 1 ? first : [...first, ...first.map((row) => row + BATCH / 2)];
  });
}

function groupsOf({ logits, embeddings, labels }: PlainBatch, views: 1 | 2): PlainBatch[] {
  return rowsOfGroups(views).map((rows) => ({
    logits: rows.map((row) => logits[row]!),
    embeddings: rows.map((row) => embeddings[row]!),
    labels: rows.map((row) => labels[row]!),
  }));
}

const onnx = evaluateOn(await getEngine('onnx').start({ threads: 1 }));

const evaluated = (loss: LossDefinition, batch: PlainBatch, groups?: number) =>
  onnx(
    ([logits, embeddings], labels) => {
      const given = { logits: logits!, embeddings: embeddings!, labels };
      return groups === undefined
        ? loss.evaluate(given, loss.defaults).loss
        : evaluateInGroups(loss, given, loss.defaults, groups).loss;
    },
    [batch.logits, batch.embeddings],
    batch.labels,
  );

/** Largest difference, relative to the largest expected entry. */
function apart(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  return Math.max(...actual.map((value, at) => Math.abs(value - expected[at]!))) / largest;
}

const contrasting = lossNames.filter((name) => getLoss(name).contrasts !== false);

it('every loss but cross-entropy contrasts', () => {
  expect(lossNames.filter((name) => !contrasting.includes(name))).toEqual(['ce']);
});

describe.each(contrasting)('%s', (name) => {
  const loss = getLoss(name);
  const batch = batchOf(loss);

  it('with one group of 512 is the plain loss, bit for bit', async () => {
    expect(await evaluated(loss, batch, 1)).toEqual(await evaluated(loss, batch));
  });

  it('with groups of 64 is the mean of eight losses in float64, and so is its gradient', async () => {
    const reference = loss.reference!;
    const groups = groupsOf(batch, loss.views);
    const mean = groups.reduce((sum, group) => sum + reference(group, loss.defaults, group) / GROUPS, 0);
    const { value, gradients } = await evaluated(loss, batch, GROUPS);
    expect(Math.abs(value - mean) / (1 + Math.abs(mean))).toBeLessThan(1e-6);

    // Central differences at entries of every group. A row's derivative is its own group's alone.
    const STEP = 1e-5;
    const [, atEmbeddings] = gradients;
    const entries = rowsOfGroups(loss.views).flatMap((rows, group) =>
      [0, 9, rows.length - 1].map((at) => ({ group, at, row: rows[at]!, column: (at + group) % DIM })),
    );
    const expected = entries.map(({ group, at, column }) => {
      const before = groups[group]!;
      const valueAt = (moved: number) => {
        const row = before.embeddings[at]!;
        const embeddings = before.embeddings.with(at, row.with(column, row[column]! + moved));
        return reference({ ...before, embeddings }, loss.defaults, before);
      };
      return (valueAt(STEP) - valueAt(-STEP)) / (2 * STEP) / GROUPS;
    });
    const actual = entries.map(({ row, column }) => atEmbeddings![row]![column]!);
    expect(apart(actual, expected)).toBeLessThan(1e-6);
  });

  it('with groups of 64 has the value and the gradient of eight plain losses', async () => {
    const { value, gradients } = await evaluated(loss, batch, GROUPS);
    const alone = await Promise.all(groupsOf(batch, loss.views).map((group) => evaluated(loss, group)));
    expect(value).toBeCloseTo(
      alone.reduce((sum, one) => sum + one.value / GROUPS, 0),
      6,
    );
    for (const input of [0, 1]) {
      const rows = rowsOfGroups(loss.views);
      const expected = alone.flatMap((one) => one.gradients[input]!.flat().map((x) => x / GROUPS));
      if (expected.every((x) => x === 0)) {
        expect(gradients[input]!.flat().every((x) => x === 0)).toBe(true);
        continue;
      }
      const actual = rows.flat().flatMap((row) => gradients[input]![row]!);
      expect(apart(actual, expected), `input ${input}`).toBeLessThan(1e-6);
    }
  });

  it('has the cross-entropy of the whole batch, and fewer pairs', async () => {
    const partsOf = (groups: number) => {
      const { logits, embeddings, labels } = batch;
      const parts = evaluateInGroups(
        loss,
        {
          logits: tf.tensor2d(logits.map((row) => [...row])),
          embeddings: tf.tensor2d(embeddings.map((row) => [...row])),
          labels: tf.tensor1d([...labels], 'int32'),
        },
        loss.defaults,
        groups,
      );
      return [parts.crossEntropy.dataSync()[0]!, parts.contrastive.dataSync()[0]!] as const;
    };
    const [whole, cut] = [partsOf(1), partsOf(GROUPS)];
    expect(cut[0]).toBeCloseTo(whole[0], 5);
    expect(Math.abs(cut[1] - whole[1])).toBeGreaterThan(0.1);
  });
});

describe('groups', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  const clce = getLoss('clce');
  const small = (rows: number) => ({
    logits: tf.tensor2d(wave(rows, 3, 1)),
    embeddings: tf.tensor2d(wave(rows, 4, 2)),
    labels: tf.tensor1d(
      Array.from({ length: rows }, (_, row) => row % 3),
      'int32',
    ),
  });

  it('have the labels of both parts of mixed images', () => {
    const batch = small(12);
    const minority = { labels: tf.reverse(batch.labels) as Tensor1D, share: tf.scalar(0.3) };
    const mixed = evaluateInGroups(clce, { ...batch, minority }, clce.defaults, 3).crossEntropy;
    const whole = clce.evaluate({ ...batch, minority }, clce.defaults).crossEntropy;
    expect(mixed.dataSync()[0]).toBeCloseTo(whole.dataSync()[0]!, 6);
    expect(mixed.dataSync()[0]).not.toBeCloseTo(
      clce.evaluate(batch, clce.defaults).crossEntropy.dataSync()[0]!,
      3,
    );
  });

  it('are refused where they are not equal', () => {
    expect(() => evaluateInGroups(clce, small(10), clce.defaults, 3)).toThrow(
      'groups must be a number of equal groups of 10 samples',
    );
    const twoViews = getLoss('supcon-two-views');
    expect(() => evaluateInGroups(twoViews, small(12), twoViews.defaults, 4)).toThrow(
      'groups must be a number of equal groups of 6 samples',
    );
  });

  it.each(['clce', 'ce+hcl', 'h-scl'])('take no more memory than the plain step: %s', (name) => {
    const loss = getLoss(name);
    /** Elements of all values that are at least as large as the batch's embeddings, and of the largest value. */
    const largeValues = (groups: number) => {
      const { nodes } = trace(
        ({ inputs: { logits, embeddings, labels } }) => {
          const [atLogits, atEmbeddings] = tf.grads((x, z) => {
            const batch = { logits: x as Tensor2D, embeddings: z as Tensor2D, labels: labels as Tensor1D };
            return evaluateInGroups(loss, batch, loss.defaults, groups).loss;
          })([logits!, embeddings!]);
          return { outputs: { atLogits: atLogits!, atEmbeddings: atEmbeddings! } };
        },
        {
          state: {},
          inputs: {
            logits: { shape: [BATCH, CLASSES], dtype: 'float32' },
            embeddings: { shape: [BATCH, DIM], dtype: 'float32' },
            labels: { shape: [BATCH], dtype: 'int32' },
          },
        },
      );
      const sizes = nodes.map(([, { shape }]) => shape.reduce((size, length) => size * length, 1));
      const large = sizes.filter((size) => size >= BATCH * DIM);
      return { all: large.reduce((sum, size) => sum + size, 0), largest: Math.max(...sizes) };
    };
    const [plain, cut, finely] = [largeValues(1), largeValues(8), largeValues(32)];
    expect(cut.largest).toBeLessThan(plain.largest);
    for (const { all } of [cut, finely]) expect(all).toBeLessThan(plain.all / 4);
  });
});
