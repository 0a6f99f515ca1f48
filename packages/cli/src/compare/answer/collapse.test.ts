import { describe, expect, it } from 'vitest';
import { collapseLines, hasCollapsed } from './collapse.ts';
import type { StoredCell } from './stored-cells.ts';

const trained = (contrastive: number) => ({
  ...{ steps: 1, epochs: 1, positives: 1, initialWeights: '', dataOrder: '' },
  curve: [
    { step: 1, loss: 9, crossEntropy: 9, contrastive: 9, gradientNorm: 1 },
    { step: 2, loss: 1, crossEntropy: 1, contrastive, gradientNorm: 1 },
  ],
});

describe('a collapsed training', () => {
  // ln 15 is the term of 16 equal embeddings.
  it.each([
    [Math.log(15), true],
    [1.009 * Math.log(15), true],
    [0.991 * Math.log(15), true],
    [0.98 * Math.log(15), false],
    [0, false],
  ])('a last contrastive term of %f: %s', (contrastive, collapsed) => {
    expect(hasCollapsed({ training: trained(contrastive) }, 16)).toBe(collapsed);
  });

  it('is told with its method and the number of its trainings', () => {
    const cell = (loss: string, contrastive: number, contrastiveGroup: number | null = null) =>
      ({
        facts: { kind: 'training', loss, imagesPerStep: 16, contrastiveGroup },
        result: { scores: [], quality: null, training: trained(contrastive) },
      }) as unknown as StoredCell;
    expect(
      collapseLines([
        cell('CE', 0),
        cell('CLCE', Math.log(15)),
        cell('CLCE', 1),
        cell('SupCon', Math.log(7), 8),
      ]),
    ).toEqual([
      expect.stringMatching(/^CLCE has collapsed in 1 of 2 trainings: all embeddings are equal\./),
      expect.stringMatching(/^SupCon has collapsed in 1 of 1 trainings/),
    ]);
  });
});
