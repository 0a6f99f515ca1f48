import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { MIN_SAMPLES } from '../drawings/drawn-set.ts';
import { sampleEpisodes } from '../sampling/episodes.ts';
import { describeDataset } from '../testing/describe-dataset.ts';
import { wholePixels } from '../testing/whole-pixels.ts';
import { conceptOf } from './concepts/concept.ts';
import { RELATED_CONCEPTS } from './concepts/related-concepts.ts';
import { CONCEPT_SYNONYMS, TOKEN_SYNONYMS } from './concepts/synonyms.ts';
import { headTokens } from './concepts/token-tiers.ts';
import { icons } from './icons.ts';

let root: string;
let dataset: Dataset;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'icons-'));
  await cp(process.env['CLCE_TEST_ICONS']!, root, { recursive: true });
  dataset = await icons.load({ dataRoot: root, size: 32 });
});
afterAll(() => rm(root, { recursive: true }));

const namesOf = (side: readonly number[]): string[] => side.map((label) => dataset.classNames[label]!);

describe('icons', () => {
  describeDataset(() => ({ dataset, size: 32 }));

  it('has the counts of its card', () => {
    const { base, validation, novel } = dataset.split;
    expect([dataset.classNames.length, base.length, validation.length, novel.length]).toEqual([
      257, 164, 41, 52,
    ]);
  });

  it('has at least 20 authors a class, and one drawing of an author in a class', () => {
    dataset.classNames.forEach((_, label) => {
      const authors = dataset.samples.filter((sample) => sample.label === label).map(({ author }) => author);
      expect(authors.length).toBeGreaterThanOrEqual(MIN_SAMPLES);
      expect(new Set(authors).size).toBe(authors.length);
    });
  });

  it('has the same samples at another size', async () => {
    const small = await icons.load({ dataRoot: root, size: 16 });
    expect(small.imageSize).toBe(16);
    expect(small.samples).toEqual(dataset.samples);
    expect(small.split).toEqual(dataset.split);
    expect(small.manifestHash).not.toBe(dataset.manifestHash);
  });

  it('refuses a damaged pack', async () => {
    const path = join(root, 'icons', 'icons-9.pack');
    await writeFile(path, 'CLCEPACK');
    await expect(icons.load({ dataRoot: root, size: 9 })).rejects.toThrow(
      `${path} is corrupt: the length is 8`,
    );
  });

  it.each([7, 513, 32.5])('refuses the size %d', async (size) => {
    await expect(icons.load({ dataRoot: root, size })).rejects.toThrow(
      'icons can be rendered at 8 to 512 pixels',
    );
  });

  it('holds classes that raw pixels tell apart better than chance, but not well', () => {
    const accuracy = nearestCentroidAccuracy(1);
    expect(accuracy).toBeGreaterThan(0.35);
    expect(accuracy).toBeLessThan(0.7);
    expect(nearestCentroidAccuracy(5)).toBeGreaterThan(accuracy + 0.05);
  });
});

describe('the split of icons', () => {
  it('shares no head word, plural, synonym or relation between its sides', () => {
    const sides = Object.values(dataset.split).map(
      (side: readonly number[]) => new Set(relatives(namesOf(side))),
    );
    for (const [i, side] of sides.entries()) {
      for (const other of sides.slice(i + 1)) expect([...side].filter((word) => other.has(word))).toEqual([]);
    }
  });

  it('files every name under the concept of its class', () => {
    for (const { id, label } of dataset.samples) {
      const [, icon] = id.split(':');
      expect(conceptOf(icon!).concept).toBe(dataset.classNames[label]);
    }
  });
});

/** Every word and name that stands for a concept of one side, and every concept that is related to one. */
function relatives(concepts: readonly string[]): string[] {
  return concepts.flatMap((concept) => [
    concept,
    ...headTokens(concept),
    ...headTokens(concept).flatMap((token) => TOKEN_SYNONYMS[token] ?? []),
    ...(CONCEPT_SYNONYMS[concept] ?? []),
    ...RELATED_CONCEPTS.flatMap((group, i) => (group.includes(concept) ? [`group ${i}`] : [])),
  ]);
}

/** 600 novel 5-way episodes with 15 queries a class; Euclidean distance to the mean image of each class. */
function nearestCentroidAccuracy(shot: number): number {
  const labels = dataset.samples.map(({ label }) => label);
  const way = 5;
  const episodes = sampleEpisodes({
    ...{ labels, classes: dataset.split.novel, classNames: dataset.classNames },
    ...{ way, shot, query: 15, count: 600, seed: 0 },
  });
  const length = 32 * 32;
  // Icons are grey, so one channel tells all.
  const grey = (row: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => wholePixels(dataset)[(row * length + i) * 3]!);
  const images = new Map<number, Uint8Array>();
  const image = (row: number): Uint8Array => {
    const known = images.get(row) ?? grey(row);
    images.set(row, known);
    return known;
  };
  let correct = 0;
  for (const { support, queries } of episodes) {
    const centroids = Array.from({ length: way }, () => new Float64Array(length));
    support.forEach((row, i) => {
      image(row).forEach((value, p) => {
        centroids[Math.floor(i / shot)]![p]! += value / shot;
      });
    });
    queries.forEach((row, i) => {
      const distances = centroids.map((centroid) => {
        let sum = 0;
        const pixels = image(row);
        for (let p = 0; p < length; p++) sum += (centroid[p]! - pixels[p]!) ** 2;
        return sum;
      });
      if (distances.indexOf(Math.min(...distances)) === Math.floor(i / 15)) correct++;
    });
  }
  return correct / (600 * way * 15);
}
