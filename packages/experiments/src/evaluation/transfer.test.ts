import { type Dataset, DatasetError, trainingBatches } from '@clce/datasets';
import { onnxEngine } from '@clce/engine';
import { describe, expect, it } from 'vitest';
import type { TransferProtocol } from '../suite/preset.ts';
import { pixelExtractor } from './extractor.ts';
import { checkTransfer, frozenTransfer, isCheckpoint, withValidation } from './transfer.ts';

const protocol: TransferProtocol = {
  kind: 'transfer',
  partition: 'test',
  validationShare: 0.2,
  checkpoints: 4,
  classifiers: ['k-nn'],
  referenceSamples: 1000,
  seed: 5,
};

/** Ten samples of each of three classes for training and five for testing; an image is its class's grey and noise. */
function dataset(
  partitions: readonly ['train', 'validation' | 'train', 'test'] = ['train', 'train', 'test'],
) {
  const imageSize = 8;
  const samples = Array.from({ length: 45 }, (_, row) => ({
    id: `s${row}`,
    label: row % 3,
    partition: partitions[Math.floor(row / 15)]!,
  }));
  const pixels = Uint8Array.from({ length: 45 * imageSize ** 2 * 3 }, (_, at) => {
    const row = Math.floor(at / (imageSize ** 2 * 3));
    return at % 3 === row % 3 ? 200 + ((at * 7) % 50) : (at * 13) % 50;
  });
  const set: Dataset = {
    name: 'greys',
    manifestHash: '0',
    imageSize,
    channels: 3,
    classNames: ['a', 'b', 'c'],
    samples,
    split: { base: [0, 1, 2], validation: [], novel: [] },
    pixels,
  };
  return set;
}

const side = ({ samples }: Dataset, wanted: string) =>
  samples.filter(({ partition }) => partition === wanted).map(({ id }) => id);

describe('samples set aside for validation', () => {
  it('are the given share of each class’s training samples, chosen by the seed', () => {
    const sides = withValidation(dataset(), protocol);
    const aside = sides.samples.filter(({ partition }) => partition === 'validation');
    expect(aside.map(({ label }) => label).sort()).toEqual([0, 0, 1, 1, 2, 2]);
    expect(side(sides, 'test')).toEqual(side(dataset(), 'test'));
    expect(side(withValidation(dataset(), protocol), 'validation')).toEqual(side(sides, 'validation'));
    const others = side(withValidation(dataset(), { ...protocol, seed: 6 }), 'validation');
    expect(others).not.toEqual(side(sides, 'validation'));
  });

  it('are whole groups where testing has groups that training never sees', () => {
    // Training samples of ten authors, test samples of five others.
    const authored = dataset();
    const samples = authored.samples.map((sample, row) => ({
      ...sample,
      author: row < 30 ? `a${Math.floor(row / 3)}` : `b${Math.floor(row / 3)}`,
    }));
    const authorsOf = (sides: Dataset, wanted: string) =>
      new Set(sides.samples.filter(({ partition }) => partition === wanted).map(({ author }) => author));
    const sides = withValidation({ ...authored, samples }, protocol);
    const validating = authorsOf(sides, 'validation');
    expect(validating.size).toBe(2);
    expect([...authorsOf(sides, 'train')].filter((author) => validating.has(author))).toEqual([]);
    expect(side(sides, 'test')).toEqual(side(authored, 'test'));
    // With an author on both sides, testing has no new authors: samples of each class are set aside.
    const shared = samples.map((sample, row) => (row === 44 ? { ...sample, author: 'a0' } : sample));
    const mixed = withValidation({ ...authored, samples: shared }, protocol);
    expect(side(mixed, 'validation')).toEqual(side(withValidation(authored, protocol), 'validation'));
  });

  it('leave each class a training sample, whatever its groups', () => {
    const authored = dataset();
    const samples = authored.samples.map((sample, row) => ({
      ...sample,
      author: row < 30 ? `a${sample.label}` : 'b',
    }));
    const sides = withValidation({ ...authored, samples }, protocol);
    const trained = sides.samples.filter(({ partition }) => partition === 'train');
    expect(new Set(trained.map(({ label }) => label))).toEqual(new Set([0, 1, 2]));
    expect(side(sides, 'validation').length).toBeGreaterThan(0);
  });

  it('are the set’s own where it has them', () => {
    const own = dataset(['train', 'validation', 'test']);
    expect(withValidation(own, protocol)).toBe(own);
  });

  it('are never delivered in training, nor is a test sample', () => {
    const sides = withValidation(dataset(), protocol);
    const train = new Set(side(sides, 'train'));
    const { batchAt, sampleCount } = trainingBatches({
      dataset: sides,
      classIndices: sides.split.base,
      batchSize: 8,
      seed: 1,
      statistics: { mean: [0, 0, 0], std: [1, 1, 1] },
    });
    expect(sampleCount).toBe(train.size);
    for (let step = 0; step < 30; step++) {
      for (const row of batchAt(step).rows) expect(train.has(sides.samples[row]!.id)).toBe(true);
    }
  });
});

it('has the requested number of checkpoints, the last one at the end', () => {
  for (const [steps, count] of [
    [100, 4],
    [10, 3],
    [7, 7],
    [3, 10],
  ] as const) {
    const looks = Array.from({ length: steps }, (_, step) => step + 1).filter((done) =>
      isCheckpoint(done, steps, count),
    );
    expect(looks).toHaveLength(Math.min(steps, count));
    expect(looks.at(-1)).toBe(steps);
  }
});

it('tests every test sample once, by class', async () => {
  const sides = withValidation(dataset(), protocol);
  const engine = onnxEngine({ threads: 1 });
  const { scores } = await frozenTransfer(protocol, sides, pixelExtractor, engine);
  const [score] = scores;
  expect(score).toEqual({
    kind: 'transfer',
    classifier: 'k-nn',
    classes: dataset().classNames,
    correct: [5, 5, 5],
    tested: [5, 5, 5],
  });
});

it('refuses a set without test samples, and says what it needs', () => {
  const split = { ...dataset(), samples: dataset().samples.map(({ id, label }) => ({ id, label })) };
  expect(() => checkTransfer(protocol, split)).toThrow(DatasetError);
  expect(() => checkTransfer(protocol, split)).toThrow(/greys has no test samples.*split by sample/);
  expect(() => checkTransfer(protocol, dataset())).not.toThrow();
});
