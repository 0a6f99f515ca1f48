import { describe, expect, it } from 'vitest';
import type { CellFacts } from '../cell/cell-facts.ts';
import type { EmbeddingQuality } from '../cell/embedding-quality.ts';
import type { FinishedCell } from '../cell/reported-result.ts';
import { OFFICIAL } from '../testing/official-split.ts';
import { embeddingMapCsv, embeddingMapTable, similarityCsv, similarityTable } from './embedding-tables.ts';

function cell(seed: number, within: number[], between: number[]): FinishedCell {
  const quality = {
    similarities: { within, between },
    map: {
      classes: ['star', 'moon'],
      points: [
        [0, 0.5, seed],
        [1, -0.5, 0],
      ],
    },
  } as unknown as EmbeddingQuality;
  const facts = {
    ...{
      kind: 'training',
      dataset: 'icons',
      evaluatedOn: 'novel',
      split: OFFICIAL,
      backbone: 'conv4',
      loss: 'CLCE, λ = 0.5',
    },
    ...{ batchSize: 64, seed, lossName: 'clce', parameters: { temperature: 0.5, lambda: 0.5 } },
  };
  return {
    key: String(seed).repeat(64),
    facts: facts as unknown as CellFacts,
    result: { scores: [], training: null, quality },
  };
}

const pixels = {
  ...cell(9, [], []),
  facts: { kind: 'pixels', dataset: 'icons', split: OFFICIAL } as CellFacts,
  result: { scores: [], training: null, quality: null },
};
const cells = [pixels, cell(3, [1, 3], [4, 0]), cell(4, [2, 2], [1, 1])];

describe('similarities of pairs', () => {
  it('are shares of the pairs of each kind, averaged over the seeds', () => {
    const loss = { loss: 'CLCE, λ = 0.5', loss_name: 'clce', 'loss.lambda': 0.5, 'loss.temperature': 0.5 };
    const setting = {
      dataset: 'icons',
      backbone: 'conv4',
      ...loss,
      batch_size: 64,
      evaluated_on: 'novel',
      seeds: 2,
      folds: null,
    };
    expect(similarityTable(cells)).toEqual([
      { ...setting, pairs: 'within class', lower: -1, upper: 0, share: 37.5 },
      { ...setting, pairs: 'within class', lower: 0, upper: 1, share: 62.5 },
      { ...setting, pairs: 'between classes', lower: -1, upper: 0, share: 75 },
      { ...setting, pairs: 'between classes', lower: 0, upper: 1, share: 25 },
    ]);
    expect(similarityCsv(similarityTable(cells)).split('\n').slice(0, 2)).toEqual([
      'dataset,backbone,loss,loss_name,loss.lambda,loss.temperature,batch_size,evaluated_on,pairs,lower,upper,share,seeds,folds',
      'icons,conv4,"CLCE, λ = 0.5",clce,0.5,0.5,64,novel,within class,-1,0,37.5,2,',
    ]);
  });
});

it('with folds, seeds are the distinct ones: not the training runs, of which a fold has one a seed', () => {
  const inFold = (fold: number) =>
    cells.map((one) => ({
      ...one,
      facts: { ...one.facts, split: { kind: 'confirmation' as const, fold, folds: 3 } },
    }));
  const rows = similarityTable([0, 1, 2].flatMap(inFold));
  expect(rows).toHaveLength(4);
  for (const row of rows) expect(row).toMatchObject({ seeds: 2, folds: 3 });
});

it('the plane shows the first seed and names its cell', () => {
  expect(embeddingMapCsv(embeddingMapTable(cells)).trim().split('\n')).toEqual([
    'dataset,backbone,loss,loss_name,loss.lambda,loss.temperature,batch_size,evaluated_on,seed,class,x,y,cell',
    'icons,conv4,"CLCE, λ = 0.5",clce,0.5,0.5,64,novel,3,star,0.5,3,333333333333',
    'icons,conv4,"CLCE, λ = 0.5",clce,0.5,0.5,64,novel,3,moon,-0.5,0,333333333333',
  ]);
});
