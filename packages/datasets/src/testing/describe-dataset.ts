import { describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.ts';
import { wholePixels } from './whole-pixels.ts';

/** What every loaded data set owes, whatever it is made of. @param loaded the set and the wanted size, once it is loaded */
export function describeDataset(loaded: () => { dataset: Dataset; size: number }): void {
  describe('as a data set', () => {
    it('has samples of several known classes, with unique ids and class names', () => {
      const { dataset } = loaded();
      expect(new Set(dataset.samples.map(({ id }) => id)).size).toBe(dataset.samples.length);
      expect(new Set(dataset.classNames).size).toBe(dataset.classNames.length);
      // A miniature need not have pictures of all hundred classes.
      const labels = new Set(dataset.samples.map(({ label }) => label));
      expect(labels.size).toBeGreaterThan(1);
      for (const label of labels) expect(dataset.classNames[label]).toBeTypeOf('string');
    });

    it('has disjoint sides that cover all classes, each ascending', () => {
      const { dataset } = loaded();
      const { base, validation, novel } = dataset.split;
      for (const side of [base, validation, novel]) expect([...side]).toEqual(side.toSorted((a, b) => a - b));
      const all = [...base, ...validation, ...novel].sort((a, b) => a - b);
      expect(all).toEqual(dataset.classNames.map((_, label) => label));
    });

    it('gives a partition to all samples or to none', () => {
      const { samples } = loaded().dataset;
      const partitioned = samples.filter(({ partition }) => partition !== undefined);
      expect([0, samples.length]).toContain(partitioned.length);
    });

    it('has images of the wanted shape, not all of one colour', () => {
      const { dataset, size } = loaded();
      expect(dataset.imageSize).toBe(size);
      expect(dataset.pixels).toHaveLength(dataset.samples.length * size * size * 3);
      expect(new Set(wholePixels(dataset)).size).toBeGreaterThan(16);
    });
  });
}
