/** All typefaces, drawn twice, which takes a minute; `typefaces.test.ts` draws a few. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { correlation, standardise } from '../drawings/correlation.ts';
import { MIN_SAMPLES } from '../drawings/drawn-set.ts';
import { NEAR_DUPLICATE } from '../drawings/near-duplicates.ts';
import { describeDataset } from '../testing/describe-dataset.ts';
import { wholePixels } from '../testing/whole-pixels.ts';
import { typefacesCard } from './card.ts';
import { TYPEFACE_PACKAGES } from './packages.ts';
import { RELATIVE, selectTypefaces, type TypefaceSelection } from './selection.ts';
import { typefaces } from './typefaces.ts';

/** Of all pictures at 32 × 32. Another renderer draws other pictures. */
const PIXELS_SHA256 = 'f1022ac09597256e25f785f96a8a9bc4d1c80a8b6a10309da1b0eeb8524f6bcd';

let root: string;
let dataset: Dataset;
let selection: TypefaceSelection;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'typefaces-'));
  dataset = await typefaces.load({ dataRoot: root, size: 32 });
  selection = await selectTypefaces(TYPEFACE_PACKAGES);
});
afterAll(() => rm(root, { recursive: true }));

describe('all typefaces', () => {
  describeDataset(() => ({ dataset, size: 32 }));

  it('are the same pictures each time, on every machine', () => {
    expect(Buffer.compare(selection.pixels, wholePixels(dataset))).toBe(0);
    expect(createHash('sha256').update(selection.pixels).digest('hex')).toBe(PIXELS_SHA256);
  });

  it('match the committed card', async () => {
    const committed = await readFile(new URL('../../../../datasets/typefaces.md', import.meta.url), 'utf8');
    expect(typefacesCard(selection)).toBe(committed);
  });

  it('fill episodes: enough typefaces on each side, enough characters of each', () => {
    const { base, validation, novel } = dataset.split;
    expect(base.length).toBeGreaterThanOrEqual(80);
    expect(validation.length).toBeGreaterThanOrEqual(15);
    expect(novel.length).toBeGreaterThanOrEqual(20);
    for (const label of dataset.classNames.keys()) {
      const samples = dataset.samples.filter((sample) => sample.label === label);
      expect(samples.length).toBeGreaterThanOrEqual(MIN_SAMPLES);
    }
  });

  it('have no near-copies, and no relatives on two sides', () => {
    const sideOf = new Map(
      Object.entries(selection.split).flatMap(([side, ids]) => ids.map((id) => [id, side])),
    );
    for (const { first, second, similarity } of selection.pairs) {
      const [one, other] = [sideOf.get(first), sideOf.get(second)];
      if (one === undefined || other === undefined) continue;
      expect(similarity).toBeLessThanOrEqual(NEAR_DUPLICATE);
      if (similarity > RELATIVE || first.split('-')[0] === second.split('-')[0]) expect(one).toBe(other);
    }
  });

  it('have no near-duplicates and no blank picture in a typeface', () => {
    const images = standardise(wholePixels(dataset), 32 * 32);
    dataset.samples.forEach((a, i) => {
      expect(correlation(images, i, i)).toBeCloseTo(1, 3);
      for (let j = i + 1; dataset.samples[j]?.label === a.label; j++) {
        const r = correlation(images, i, j);
        if (r > NEAR_DUPLICATE) expect.fail(`${a.id} and ${dataset.samples[j]!.id} correlate by ${r}`);
      }
    });
  });
});
