import { describe, expect, it } from 'vitest';
import type { CellFacts } from './cell/cell-facts.ts';
import { roundsOf } from './rounds.ts';
import { OFFICIAL } from './testing/official-split.ts';

const common = {
  imageSize: 16,
  protocol: 'few-shot',
  evaluatedOn: 'novel' as const,
  way: 5,
  split: OFFICIAL,
} as const;
const cells = ['icons', 'icons-by-author'].flatMap((dataset) => {
  const facts: CellFacts[] = [
    { kind: 'pixels', ...common, dataset },
    { kind: 'frozen', ...common, dataset, backbone: 'mobilenetv2', weights: 'c' },
  ];
  for (const backbone of ['conv4', 'mobilenetv2']) {
    for (const batchSize of [16, 32]) {
      for (const seed of [5, 3]) {
        for (const loss of ['CE', 'CLCE']) {
          const rate = { weights: null, optimizer: 'adamw', learningRate: 1, imagesPerStep: batchSize };
          const own = { loss, lossName: loss.toLowerCase(), parameters: {}, contrastiveGroup: null };
          facts.push({ kind: 'training', ...common, dataset, backbone, batchSize, seed, ...own, ...rate });
        }
      }
    }
  }
  return facts.map((one) => ({ facts: one }));
});

/** The row of the table that a cell belongs to. */
function rowOf({ facts: { seed: _, ...row } }: { facts: CellFacts & { seed?: number } }): string {
  return JSON.stringify(row);
}

describe('rounds', () => {
  const rounds = roundsOf(cells);

  it('give every row its first seed before any has its second', () => {
    const seeds = rounds.map((round) =>
      round.map(({ facts }) => (facts.kind === 'training' ? facts.seed : undefined)),
    );
    expect(seeds).toEqual([
      [...Array<number>(16).fill(5), ...Array<undefined>(4).fill(undefined)],
      Array<number>(16).fill(3),
    ]);
    const rows = rounds.map((round) => round.map(rowOf).filter((row) => row.includes('training')));
    expect(new Set(rows[0]).size).toBe(16);
    expect(rows[1]).toEqual(rows[0]);
  });

  it('end the first round with the baselines without training', () => {
    expect(rounds[0]!.slice(16).map(({ facts }) => [facts.dataset, facts.kind])).toEqual([
      ['icons', 'pixels'],
      ['icons', 'frozen'],
      ['icons-by-author', 'pixels'],
      ['icons-by-author', 'frozen'],
    ]);
  });

  it('hold each cell once', () => {
    expect(new Set(rounds.flat())).toEqual(new Set(cells));
    expect(rounds.flat()).toHaveLength(cells.length);
  });
});
