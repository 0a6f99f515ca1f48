import { expect, it } from 'vitest';
import { checkClaims } from '../claims/claims.ts';
import { comparePairs } from '../comparisons.ts';
import { intervalAxis } from '../plots/interval-axis.ts';
import { accuracyTable } from './accuracy-table.ts';
import { parseSeedCsv, type SeedRow, seedCsv } from './seed-table.ts';

const ROWS = 200_000;
const LOSSES = ['CE', 'CLCE'];

it('two hundred thousand rows overflow no stack', () => {
  const rows = Array.from(
    { length: ROWS },
    (_, at): SeedRow => ({
      ...{ dataset: 'icons', image_size: 32, backbone: 'conv4', weights: 'random' },
      loss: LOSSES[at % LOSSES.length]!,
      ...{ loss_name: 'clce', optimizer: 'adamw', learning_rate: 0.01, epochs: 2, steps: 4, images: 256 },
      ...{
        split: 'official' as const,
        folds: null,
        fold: null,
        batch_size: 64,
        contrastive_group: null,
        seed: Math.floor(at / LOSSES.length),
        protocol: 'few-shot',
        evaluated_on: 'novel',
        way: 5,
        shot: 1,
      },
      ...{
        classifier: 'cosine',
        measure: 'accuracy',
        value: 50 + (at % 7),
        cell: String(at).padStart(12, '0'),
      },
    }),
  );
  const read = parseSeedCsv(seedCsv(rows), 'large.seeds.csv');
  expect(read).toEqual(rows);
  expect(accuracyTable(read).rows).toHaveLength(LOSSES.length);
  expect(comparePairs(read, [['CLCE', 'CE']])[0]!.units).toBe(ROWS / LOSSES.length);
  expect(checkClaims(read)).not.toHaveLength(0);
  const estimates = read.map(({ value }) => ({ point: value, lower: null, upper: null, units: 1 }));
  expect(intervalAxis(estimates, [0, 100]).domain).toBeUndefined();
});
