import { readFileSync } from 'node:fs';
import type { Dataset } from '@clce/datasets';
import { embeddingQualitySchema } from '@clce/results';
import { describe, expect, it } from 'vitest';
import { calibrationError } from './calibration-error.ts';
import { type Cosines, cosinesOf } from './cosines.ts';
import { embeddingMap } from './embedding-map.ts';
import { embeddingQuality, MOST_SAMPLES } from './index.ts';
import { isotropy } from './isotropy.ts';
import { pairMeasures } from './pairs.ts';
import { retrieval } from './retrieval.ts';
import { silhouette } from './silhouette.ts';

/** What scikit-learn, SciPy and NumPy say (fixtures/generate.py). */
interface Oracle {
  readonly embeddings: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly isotropy: number;
  readonly alignment: number;
  readonly uniformity: number;
  readonly within: readonly number[];
  readonly between: readonly number[];
  readonly recallAt1: number;
  readonly mapAtR: number;
  readonly silhouette: number;
  readonly plane: readonly (readonly [number, number])[];
  readonly logits: readonly (readonly number[])[];
  readonly targets: readonly number[];
  readonly calibrationError: number;
}

const oracle = JSON.parse(readFileSync(new URL('fixtures/oracle.json', import.meta.url), 'utf8')) as Oracle;
const features = { values: Float32Array.from(oracle.embeddings.flat()), dim: 8 };
const labels = Int32Array.from(oracle.labels);
const cosines = await cosinesOf(features);

/** Samples on the unit circle, by their angles in degrees. */
function onCircle(...angles: number[]): Cosines {
  const radians = angles.map((angle) => (angle * Math.PI) / 180);
  return {
    count: angles.length,
    values: Float64Array.from(radians.flatMap((a) => radians.map((b) => Math.cos(a - b)))),
  };
}

describe('against scikit-learn, SciPy and NumPy', () => {
  it('isotropy', async () => expect(await isotropy(features)).toBeCloseTo(oracle.isotropy, 12));

  it('alignment, uniformity and the similarities of pairs', () => {
    const { alignment, uniformity, similarities } = pairMeasures(cosines, labels);
    // The fixture’s distances know that float32 rows are not quite of unit length.
    expect(alignment).toBeCloseTo(oracle.alignment, 6);
    expect(uniformity).toBeCloseTo(oracle.uniformity, 6);
    expect(similarities).toEqual({ within: oracle.within, between: oracle.between });
  });

  it('R@1 and MAP@R', () => {
    const { recallAt1, mapAtR } = retrieval(cosines, labels);
    expect(recallAt1).toBeCloseTo(oracle.recallAt1, 12);
    expect(mapAtR).toBeCloseTo(oracle.mapAtR, 12);
  });

  it('silhouette', () => expect(silhouette(cosines, labels)).toBeCloseTo(oracle.silhouette, 6));

  it('the plane, but for the directions of its axes', () => {
    const { classes, points } = embeddingMap(cosines, labels, [...'abcdefg']);
    expect(classes).toEqual([...'abcdefg']);
    expect(points.map(([place]) => place)).toEqual(
      [15, 14, 9, 8, 6, 2, 1].flatMap((size, place) => Array.from({ length: size }, () => place)),
    );
    for (const axis of [0, 1] as const) {
      const ours = points.map((point) => point[axis + 1]!);
      const theirs = oracle.plane.map((point) => point[axis]);
      const largest = theirs.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) ? entry : best), 0);
      ours.forEach((entry, at) => {
        expect(Math.abs(entry - Math.sign(largest) * theirs[at]!)).toBeLessThan(1e-4);
      });
    }
  });

  it('expected calibration error', () => {
    const logits = Float32Array.from(oracle.logits.flat());
    expect(calibrationError(logits, Int32Array.from(oracle.targets), 4)).toBeCloseTo(
      oracle.calibrationError,
      6,
    );
  });
});

describe('worked by hand', () => {
  it('isotropy is 1 where all directions are alike', async () => {
    const axes = Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1);
    expect(await isotropy({ values: axes, dim: 2 })).toBeCloseTo(1, 12);
    // All alike: Z is 3e and 3/e along that direction.
    expect(await isotropy({ values: Float32Array.of(1, 0, 1, 0, 1, 0), dim: 2 })).toBeCloseTo(
      Math.exp(-2),
      12,
    );
  });

  it('MAP@R sees the order of the R nearest alone', () => {
    // Query 0° finds 10° (its own), 20° (not), 30° (its own): P(1) of 2 places. 10°: equally near 0° and 20°, the first
    // in order first. 30°: 20° (not), then 10°. 20° has none of its class.
    const { recallAt1, mapAtR } = retrieval(onCircle(0, 10, 20, 30), Int32Array.of(0, 0, 1, 0));
    expect(recallAt1).toBeCloseTo(2 / 3, 12);
    expect(mapAtR).toBeCloseTo((1 / 2 + 1 / 2 + 1 / 4) / 3, 12);
  });

  it('silhouette counts a sample alone in its class as 0', () => {
    // 0° and 90°: a = 1, b = 1 − cos 180° = 2 and 1 − cos 90° = 1.
    expect(silhouette(onCircle(0, 90, 180), Int32Array.of(0, 0, 1))).toBeCloseTo(0.5 / 3, 12);
  });

  it('calibration: sure and right, sure and wrong, unsure', () => {
    const sure = Float32Array.of(200, 0, 200, 0);
    expect(calibrationError(sure, Int32Array.of(0, 0), 2)).toBe(0);
    expect(calibrationError(sure, Int32Array.of(0, 1), 2)).toBe(0.5);
    expect(calibrationError(new Float32Array(4), Int32Array.of(0, 1), 2)).toBe(0);
  });
});

describe('embeddingQuality', () => {
  const classNames = [...'abcdefg'];
  const datasetOf = (of: Iterable<number>) =>
    ({
      classNames,
      samples: Array.from(of, (label, row) => ({ id: `s${row}`, label })),
    }) as unknown as Dataset;
  const rows = Int32Array.from(labels.keys());

  it('gives every measure, whatever the order of the samples', async () => {
    const quality = (await embeddingQuality(datasetOf(labels), rows, features, 1))!;
    expect(quality).toMatchObject({ samples: 60, silhouette: silhouette(cosines, labels) });
    expect(quality.map.points).toHaveLength(55);
    expect(embeddingQualitySchema.parse(JSON.parse(JSON.stringify(quality)))).toEqual(quality);
  });

  it('draws samples by the seed where there are many', async () => {
    const many = Array.from({ length: MOST_SAMPLES + 100 }, (_, row) => row % 3);
    const values = Float32Array.from(many.flatMap((_, row) => [Math.cos(row), Math.sin(row)]));
    const of = (seed: number) =>
      embeddingQuality(datasetOf(many), Int32Array.from(many.keys()), { values, dim: 2 }, seed);
    const [first, again, other] = [await of(1), await of(1), await of(2)];
    expect(first!.samples).toBe(MOST_SAMPLES);
    expect(again).toEqual(first);
    expect(other!.alignment).not.toBe(first!.alignment);
  });

  it('there is none without pairs of one class, or of two', async () => {
    const three = Int32Array.of(0, 1, 2);
    expect(await embeddingQuality(datasetOf([0, 1, 2]), three, features, 1)).toBeNull();
    expect(await embeddingQuality(datasetOf([0, 0, 0]), three, features, 1)).toBeNull();
  });
});
