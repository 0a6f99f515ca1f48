import { describe, expect, it } from 'vitest';
import { cellLabel, expand } from './cell.ts';
import { roundsOf } from './rounds.ts';
import { tinyPreset } from './tiny-preset.ts';

const cells = expand(
  {
    ...tinyPreset,
    datasets: ['icons', 'icons-by-author'],
    backbones: ['conv4', 'mobilenetv2-openimages'],
    losses: [{ name: 'ce' }, { name: 'clce' }],
    batchSizes: [16, 32],
    seeds: [5, 3],
  },
  new Map([
    ['icons', 'a'],
    ['icons-by-author', 'b'],
  ]),
  new Map([['mobilenetv2-openimages', 'c']]),
);

describe('rounds', () => {
  const rounds = roundsOf(cells);

  it('give every row its first seed before any has its second', () => {
    const seeds = rounds.map((round) =>
      round.map(({ spec }) => (spec.kind === 'training' ? spec.seed : undefined)),
    );
    expect(seeds).toEqual([
      [...Array<number>(16).fill(5), ...Array<undefined>(4).fill(undefined)],
      Array<number>(16).fill(3),
    ]);
    const rows = rounds.map((round) =>
      round.map((cell) => cellLabel(cell).replace(/ · seed \d$/, '')).filter((row) => row.includes('batch')),
    );
    expect(new Set(rows[0]).size).toBe(16);
    expect(rows[1]).toEqual(rows[0]);
  });

  it('end the first with what needs no training', () => {
    expect(rounds[0]!.slice(16).map(cellLabel)).toEqual([
      'icons · raw pixels',
      'icons · mobilenetv2-openimages · frozen',
      'icons-by-author · raw pixels',
      'icons-by-author · mobilenetv2-openimages · frozen',
    ]);
  });

  it('hold each cell once', () => {
    expect(new Set(rounds.flat())).toEqual(new Set(cells));
    expect(rounds.flat()).toHaveLength(cells.length);
  });
});
