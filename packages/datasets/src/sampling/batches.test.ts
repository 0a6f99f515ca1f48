import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Augmentation, drawPlacement } from '../augment/placement.ts';
import type { Dataset } from '../dataset.ts';
import { wholePixels } from '../testing/whole-pixels.ts';
import { evaluationImages, type TrainingOptions, trainingBatches } from './batches.ts';
import { channelStatistics } from './normalise.ts';
import { counterRandom } from './random.ts';

const SIZE = 16;
const dataset = randomDataset(10, 12);
const statistics = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] } as const;
const options: TrainingOptions = {
  dataset,
  classIndices: dataset.split.base,
  batchSize: 16,
  seed: 3,
  statistics,
};

describe('trainingBatches', () => {
  it('never delivers a sample of a validation or novel class, and every base sample in time', () => {
    const { batchAt, batchesPerEpoch } = trainingBatches(options);
    const seen = new Set<number>();
    for (let step = 0; step < 20 * batchesPerEpoch; step++)
      for (const row of batchAt(step).rows) seen.add(row);
    const base = dataset.samples.flatMap(({ label }, row) =>
      dataset.split.base.includes(label) ? [row] : [],
    );
    expect([...seen].sort((a, b) => a - b)).toEqual(base);
  });

  it('delivers no row twice in an epoch, drops the incomplete batch and shuffles every epoch anew', () => {
    const { batchAt, batchesPerEpoch, sampleCount, classCount } = trainingBatches(options);
    expect({ batchesPerEpoch, sampleCount, classCount }).toEqual({
      batchesPerEpoch: 4,
      sampleCount: 72,
      classCount: 6,
    });
    const epochs = [0, 1].map((epoch) =>
      [0, 1, 2, 3].flatMap((batch) => [...batchAt(4 * epoch + batch).rows]),
    );
    for (const rows of epochs) expect(new Set(rows).size).toBe(64);
    expect(epochs[0]).not.toEqual(epochs[1]);
  });

  it('is a function of the step: any order, a fresh loader or reused arrays give the same batch', () => {
    const forwards = trainingBatches(options);
    const expected = [0, 1, 2, 3, 4, 5].map((step) => forwards.batchAt(step));
    const backwards = trainingBatches(options);
    const reused = backwards.batchAt(9);
    for (const step of [5, 3, 4, 0, 2, 1]) expect(backwards.batchAt(step, reused)).toEqual(expected[step]);
    for (const step of [5, 0, 3]) expect(backwards.rowsAt(step)).toEqual(expected[step]!.rows);
    expect(trainingBatches({ ...options, seed: 4 }).batchAt(0)).not.toEqual(expected[0]);
  });

  it.each([1, 2] as const)(
    'mixes image i with the i-th from the end, %d views alike, and says who has more',
    (views) => {
      const plain = trainingBatches({ ...options, views });
      const mixing = trainingBatches({ ...options, views, mixing: { mixup: 0.8 } });
      for (const step of [0, 1, 2, 9]) {
        const [before, after] = [plain.batchAt(step), mixing.batchAt(step)];
        const { labels, share } = after.minority!;
        expect(share).toBeLessThanOrEqual(0.5);
        expect(after.rows).toEqual(before.rows);
        const length = before.images.length / before.labels.length;
        const partnerOf = (image: number) => Math.floor(image / 16) * 16 + 15 - (image % 16);
        // Either every image keeps the larger part of itself, or every image gives it away.
        const kept = after.labels.every((label, image) => label === before.labels[image]);
        before.labels.forEach((own, image) => {
          const partner = partnerOf(image);
          const other = before.labels[partner]!;
          expect([after.labels[image], labels[image]]).toEqual(kept ? [own, other] : [other, own]);
          const [mine, theirs] = [image, partner].map((at) => before.images[at * length + 5]!);
          const expected = (kept ? 1 - share : share) * mine! + (kept ? share : 1 - share) * theirs!;
          expect(Math.abs(after.images[image * length + 5]! - expected)).toBeLessThan(1e-5);
        });
      }
      expect(mixing.batchAt(2, mixing.batchAt(7))).toEqual(
        trainingBatches({ ...options, views, mixing: { mixup: 0.8 } }).batchAt(2),
      );
    },
  );

  it('two views: the first as with one view, the second augmented by draws of its own', () => {
    const [one, two] = [trainingBatches(options), trainingBatches({ ...options, views: 2 })];
    const [single, double] = [one.batchAt(5), two.batchAt(5)];
    const half = single.images.length;
    expect(double.images).toHaveLength(2 * half);
    expect(double.images.subarray(0, half)).toEqual(single.images);
    expect(double.images.subarray(half)).not.toEqual(single.images);
    expect(double.rows).toEqual(single.rows);
    expect(double.labels).toEqual(Int32Array.from([...single.labels, ...single.labels]));
    const plain = { ...options, augmentation: { crop: false, flip: false } };
    const untouched = trainingBatches({ ...plain, views: 2 }).batchAt(5);
    expect(untouched.images.subarray(half)).toEqual(trainingBatches(plain).batchAt(5).images);
  });

  it('m per class: groups of a class side by side, no sample twice an epoch, groups mixed anew', () => {
    const { batchAt, batchesPerEpoch } = trainingBatches({ ...options, samplesPerClass: 4 });
    // Six classes of twelve samples: three groups each.
    expect(batchesPerEpoch).toBe(4);
    const epochs = [0, 1].map((epoch) =>
      [0, 1, 2, 3].flatMap((index) => {
        const { labels, rows } = batchAt(4 * epoch + index);
        for (let at = 0; at < 16; at += 4) expect(new Set(labels.slice(at, at + 4)).size).toBe(1);
        return [...rows];
      }),
    );
    for (const rows of epochs) expect(new Set(rows).size).toBe(64);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(() => trainingBatches({ ...options, samplesPerClass: 3 })).toThrow(/batch of 16.*groups of 3/);
    const few = { ...options, classIndices: [0, 2], batchSize: 24, samplesPerClass: 8 };
    expect(() => trainingBatches(few)).toThrow(/do not fill a batch of 24/);
  });

  it('m per class: a class smaller than a group fills one by repetition, each time with its own augmentation', () => {
    // Eight classes of twelve samples, two of three: a long tail.
    const counts = [12, 12, 12, 12, 12, 12, 12, 12, 3, 3];
    const full = randomDataset(counts.length, 12);
    const kept = new Map<number, number>();
    const samples = full.samples.filter(({ label }) => {
      kept.set(label, (kept.get(label) ?? 0) + 1);
      return kept.get(label)! <= counts[label]!;
    });
    const tail = { ...full, samples, split: { base: counts.map((_, k) => k), validation: [], novel: [] } };
    const batches = trainingBatches({
      ...options,
      dataset: tail,
      classIndices: tail.split.base,
      batchSize: 8,
      samplesPerClass: 4,
    });
    expect(batches.smallClasses).toBe(2);
    // 8 · 3 groups of large classes and 2 of small ones, two a batch.
    expect(batches.batchesPerEpoch).toBe(13);
    const shown = new Map<number, number>();
    for (let step = 0; step < 13; step++) {
      for (const row of batches.rowsAt(step)) shown.set(row, (shown.get(row) ?? 0) + 1);
    }
    const times = (label: number) =>
      samples.flatMap((sample, row) => (sample.label === label ? [shown.get(row)!] : [])).sort();
    expect(times(0)).toEqual(new Array(12).fill(1));
    expect(times(8)).toEqual([1, 1, 2]);

    const again = [...Array(13).keys()].map((step) => batches.batchAt(step));
    const { rows, images } = again.find((batch) => new Set(batch.rows).size < batch.rows.length)!;
    const twice = rows.findIndex((row, place) => rows.indexOf(row) < place);
    const length = images.length / rows.length;
    const imageAt = (place: number) => images.slice(place * length, (place + 1) * length);
    expect(imageAt(twice)).not.toEqual(imageAt(rows.indexOf(rows[twice]!)));
  });

  it('numbers labels by their place among the wanted classes', () => {
    const { batchAt } = trainingBatches({ ...options, classIndices: [8, 2] });
    const { labels, rows } = batchAt(0);
    labels.forEach((label, i) => {
      expect(label).toBe(dataset.samples[rows[i]!]!.label === 8 ? 0 : 1);
    });
  });

  it('crops, flips and normalises as a slow loop over padded pixels does', () => {
    const switches = fc.record({ crop: fc.boolean(), flip: fc.boolean() });
    fc.assert(
      fc.property(switches, fc.nat(30), fc.nat(), (augmentation, step, seed) => {
        const batch = trainingBatches({ ...options, augmentation, seed }).batchAt(step);
        const epoch = Math.floor(step / 4);
        for (const i of [0, 7, 15]) {
          const expected = slowImage(batch.rows[i]!, augmentation, seed, epoch, (step % 4) * 16 + i);
          const length = SIZE * SIZE * 3;
          expect(maxDifference(batch.images.subarray(i * length, (i + 1) * length), expected)).toBeLessThan(
            1e-6,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('draws every place of the window and both directions about equally often', () => {
    const random = counterRandom(1);
    const tops = new Array<number>(5).fill(0);
    let flips = 0;
    for (let position = 0; position < 5000; position++) {
      const { top, flip } = drawPlacement(random, { crop: true, flip: true }, SIZE, 0, position);
      tops[top + 2]!++;
      flips += Number(flip);
    }
    for (const count of tops) expect(Math.abs(count - 1000)).toBeLessThan(120);
    expect(Math.abs(flips - 2500)).toBeLessThan(150);
  });

  it('says how large a batch can be, and which classes there are', () => {
    expect(() => trainingBatches({ ...options, batchSize: 73 })).toThrow('A batch has 1 to 72 samples');
    expect(() => trainingBatches({ ...options, classIndices: [10] })).toThrow(
      'has classes 0 to 9, no class 10',
    );
    expect(() => trainingBatches(options).batchAt(-1)).toThrow('A step is a whole number from 0, not -1');
  });
});

describe('evaluationImages', () => {
  it('normalises without augmentation', () => {
    const images = evaluationImages(dataset, [5, 77], statistics);
    const none = { crop: false, flip: false };
    expect(maxDifference(images.subarray(0, SIZE * SIZE * 3), slowImage(5, none, 0, 0, 0))).toBeLessThan(
      1e-6,
    );
    expect(maxDifference(images.subarray(SIZE * SIZE * 3), slowImage(77, none, 0, 0, 0))).toBeLessThan(1e-6);
  });

  it('refuses a row outside the data set', () => {
    expect(() => evaluationImages(dataset, [120], statistics)).toThrow('has rows 0 to 119, no row 120');
  });
});

describe('channelStatistics', () => {
  it('is the mean and standard deviation of the wanted classes alone', () => {
    const classes = [2, 5];
    const values: [number[], number[], number[]] = [[], [], []];
    dataset.samples.forEach(({ label }, row) => {
      if (!classes.includes(label)) return;
      for (let i = 0; i < SIZE * SIZE * 3; i++)
        values[i % 3]!.push(wholePixels(dataset)[row * SIZE * SIZE * 3 + i]! / 255);
    });
    const { mean, std } = channelStatistics(dataset, classes);
    values.forEach((channel, c) => {
      const average = channel.reduce((a, b) => a + b, 0) / channel.length;
      const variance = channel.reduce((sum, value) => sum + (value - average) ** 2, 0) / channel.length;
      expect(mean[c]).toBeCloseTo(average, 10);
      expect(std[c]).toBeCloseTo(Math.sqrt(variance), 10);
    });
  });

  it('ignores images of the validation and test partitions', () => {
    const sides = ['train', 'validation', 'test'] as const;
    const samples = dataset.samples.map((sample, row) => ({ ...sample, partition: sides[row % 3]! }));
    const pixels = wholePixels(dataset).slice();
    const length = SIZE * SIZE * 3;
    for (let row = 0; row < samples.length; row++) {
      if (row % 3 !== 0) pixels.fill(255, row * length, (row + 1) * length);
    }
    const training = samples.filter(({ partition }) => partition === 'train');
    const alone = new Uint8Array(training.length * length);
    training.forEach((_, i) => {
      alone.set(wholePixels(dataset).subarray(3 * i * length, (3 * i + 1) * length), i * length);
    });
    const classes = dataset.split.base;
    expect(channelStatistics({ ...dataset, samples, pixels }, classes)).toEqual(
      channelStatistics({ ...dataset, samples: training, pixels: alone }, classes),
    );
  });

  it('gives a channel that never varies a deviation of 1', () => {
    const white = { ...dataset, pixels: new Uint8Array(wholePixels(dataset).length).fill(255) };
    expect(channelStatistics(white, [0])).toEqual({ mean: [1, 1, 1], std: [1, 1, 1] });
  });
});

/** Pads by repeating the edge into a larger picture, cuts the window out of it, mirrors it, normalises. */
function slowImage(
  row: number,
  augmentation: Augmentation,
  seed: number,
  epoch: number,
  position: number,
): number[] {
  const padding = SIZE / 8;
  const padded = new Map<string, readonly number[]>();
  for (let y = -padding; y < SIZE + padding; y++) {
    for (let x = -padding; x < SIZE + padding; x++) {
      const inside = (i: number) => (i < 0 ? 0 : i >= SIZE ? SIZE - 1 : i);
      const at = ((row * SIZE + inside(y)) * SIZE + inside(x)) * 3;
      padded.set(
        `${y} ${x}`,
        [0, 1, 2].map((c) => wholePixels(dataset)[at + c]!),
      );
    }
  }
  const { top, left, flip } = drawPlacement(counterRandom(seed), augmentation, SIZE, epoch, position);
  const result: number[] = [];
  for (let y = 0; y < SIZE; y++) {
    const line: (readonly number[])[] = [];
    for (let x = 0; x < SIZE; x++) line.push(padded.get(`${top + y} ${left + x}`)!);
    if (flip) line.reverse();
    for (const pixel of line)
      result.push(...pixel.map((v, c) => (v / 255 - statistics.mean[c]!) / statistics.std[c]!));
  }
  return result;
}

function maxDifference(a: Float32Array, b: readonly number[]): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

function randomDataset(classes: number, samplesPerClass: number): Dataset {
  const count = classes * samplesPerClass;
  const pixels = new Uint8Array(count * SIZE * SIZE * 3);
  const random = counterRandom(42);
  for (let i = 0; i < pixels.length; i++) pixels[i] = random.below(256, 0, 0, i);
  return {
    name: 'random',
    manifestHash: '',
    imageSize: SIZE,
    channels: 3,
    classNames: Array.from({ length: classes }, (_, label) => `class-${label}`),
    samples: Array.from({ length: count }, (_, row) => ({ id: `${row}`, label: row % classes })),
    split: { base: [0, 2, 3, 5, 7, 8], validation: [1, 9], novel: [4, 6] },
    pixels,
  };
}
