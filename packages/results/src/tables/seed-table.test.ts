import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkClaims } from '../claims.ts';
import { compareMethods } from '../comparisons.ts';
import { ResultsError } from '../results-error.ts';
import { accuracyTable } from './accuracy-table.ts';
import { parseSeedCsv, type SeedRow, seedCsv } from './seed-table.ts';

/** Rows of one loss, a value a seed. */
function rows(loss: string, values: readonly number[], changes: Partial<SeedRow> = {}): SeedRow[] {
  return values.map((value, seed) => ({
    dataset: 'icons',
    image_size: 32,
    split: 'official',
    folds: null,
    fold: null,
    backbone: 'conv4',
    weights: 'random',
    loss,
    batch_size: 64,
    seed,
    protocol: 'few-shot',
    way: 5,
    shot: 5,
    classifier: 'nearest-centroid',
    measure: 'accuracy',
    value,
    cell: `${loss}-${seed}`,
    ...changes,
  }));
}

const ce = [80.1, 80.4, 79.9, 80.2, 80.3];
const raised = (by: number) => ce.map((value, seed) => value + by + [0.05, -0.1, 0.1, 0, -0.05][seed]!);
const beit3 = { backbone: 'beit3-base', weights: 'abcdefabcdef', image_size: 224, batch_size: 1024 };

describe('the table by seed', () => {
  it('reads a table of an earlier version, whose cells all have the official split', () => {
    const [header, ...lines] = seedCsv(rows('CE', ce)).trimEnd().split('\n');
    expect(header).toContain('image_size,split,folds,fold,backbone');
    const earlier = [
      header!.replace('split,folds,fold,', ''),
      ...lines.map((line) => line.replace('official,,,', '')),
    ];
    expect(parseSeedCsv(`${earlier.join('\n')}\n`, 'x.csv')).toEqual(rows('CE', ce));
  });

  it('reads back the rows that it wrote', () => {
    const written = [
      ...rows('CE', ce),
      ...rows('CE', ce, { split: 'confirmation', folds: 8, fold: 0 }),
      ...rows('CLCE', raised(1), { shot: null, way: null, protocol: 'transfer' }),
    ];
    expect(parseSeedCsv(seedCsv(written), 'x.csv')).toEqual(written);
  });

  it.each([
    [
      'a figure that is none',
      (csv: string) => csv.replace('80.1', 'high'),
      /x\.csv, line 2, value: expected a number/,
    ],
    [
      'an accuracy of more than 100 %',
      (csv: string) => csv.replace('80.1', '13332'),
      /x\.csv, line 2, value: 13332 is out of the bounds of accuracy/,
    ],
    [
      'an accuracy below zero',
      (csv: string) => csv.replace('80.1', '-1'),
      /x\.csv, line 2, value: -1 is out of the bounds of accuracy/,
    ],
    [
      'half a seed',
      (csv: string) => csv.replace(',64,0,', ',64,0.5,'),
      /x\.csv, line 2, seed: expected a whole number from 0 on/,
    ],
    [
      'an empty batch',
      (csv: string) => csv.replace(',64,0,', ',0,0,'),
      /x\.csv, line 2, batch_size: expected a whole number from 1 on/,
    ],
    ['a column that is missing', (csv: string) => csv.replace('seed', 'sed'), /x\.csv, line 2/],
    [
      'a measurement that stands twice',
      (csv: string) => `${csv}${csv.split('\n')[2]}\n`,
      /x\.csv, line 7: the same measurement as line 3/,
    ],
    [
      'a figure below a quoted line break',
      (csv: string) => csv.replace('conv4', '"conv\n4"').replace('80.4', 'high'),
      /x\.csv, line 4, value: expected a number/,
    ],
    [
      'a measurement that stands twice, below a quoted line break',
      (csv: string) => {
        const [header, first, ...others] = csv.replaceAll('conv4', '"conv\n4"').split(/\n(?=icons|$)/);
        return [header, first, ...others.slice(0, -1), first, ''].join('\n');
      },
      /x\.csv, line 12: the same measurement as line 2; delete/,
    ],
    [
      'a figure that is too large',
      (csv: string) => csv.replace('80.1', '1e999'),
      /line 2, value: expected a number/,
    ],
    [
      'a column that stands twice',
      (csv: string) => csv.replace('way', 'shot'),
      /two columns are called "shot"/,
    ],
    ['an empty file', () => '', /x\.csv: it is empty/],
    ['a row that is cut', (csv: string) => csv.slice(0, -20), /x\.csv: Invalid Record Length.* line 6/],
  ])('%s is refused with its place', (_, damage, message) => {
    const read = () => parseSeedCsv(damage(seedCsv(rows('CE', ce))), 'x.csv');
    expect(read).toThrow(ResultsError);
    expect(read).toThrow(message);
  });
});

it.each([
  ['class-accuracy', [0, 100]],
  ['calibration-error', [0, 100]],
  ['recall-at-1', [0, 100]],
  ['map-at-r', [0, 100]],
  ['silhouette', [-1, 1]],
  ['alignment', [0, 4]],
  ['uniformity', [-8, 0]],
  ['isotropy', [0, 1]],
] as const)('%s lies within %j', (measure, bounds) => {
  expect(parseSeedCsv(seedCsv(rows('CE', bounds, { measure })), 'x.csv')).toHaveLength(2);
  for (const [at, bound] of bounds.entries()) {
    const beyond = seedCsv(rows('CE', [at === 0 ? bound - 0.1 : bound + 0.1], { measure }));
    expect(() => parseSeedCsv(beyond, 'x.csv')).toThrow(`is out of the bounds of ${measure}`);
  }
});

it('any row twice is refused with both lines; names of any text come back', () => {
  const names = fc.string({
    unit: fc.constantFrom('=', '-', "'", '"', ',', '\n', '\r', '|', 'a', '画'),
    minLength: 1,
  });
  fc.assert(
    fc.property(names, names, fc.nat(4), (loss, dataset, at) => {
      const written = rows(loss, ce, { dataset });
      const csv = seedCsv(written);
      expect(parseSeedCsv(csv, 'x.csv')).toEqual(written);
      const header = seedCsv([]);
      const before = seedCsv(written.slice(0, at));
      const twice = `${csv}${seedCsv([written[at]!]).slice(header.length)}`;
      const lines = [csv, before].map((text) => text.split('\n').length);
      expect(() => parseSeedCsv(twice, 'x.csv')).toThrow(
        `x.csv, line ${lines[0]}: the same measurement as line ${lines[1]}; delete one of the two lines`,
      );
    }),
    { seed: 3, numRuns: 300 },
  );
});

describe('two methods compared', () => {
  it('are paired by seed, whatever the order of the rows', () => {
    const [comparison] = compareMethods(
      [...rows('CLCE', raised(1)).reverse(), ...rows('CE', ce)],
      'CLCE',
      'CE',
    );
    // Differences 1.05, 0.9, 1.1, 1, 0.95: scipy.stats.ttest_1samp(…).confidence_interval() = 0.90183784 … 1.09816216.
    expect(comparison).toMatchObject({ units: 5, outcome: 'better' });
    expect(comparison!.difference).toBeCloseTo(1, 10);
    expect(comparison!.lower).toBeCloseTo(0.90183784, 7);
    expect(comparison!.upper).toBeCloseTo(1.09816216, 7);
  });

  it('are better, worse or undecided; one seed decides nothing', () => {
    const outcomeOf = (values: readonly number[]) =>
      compareMethods([...rows('CLCE', values), ...rows('CE', ce.slice(0, values.length))], 'CLCE', 'CE')[0]!
        .outcome;
    expect(outcomeOf(raised(-1))).toBe('worse');
    expect(outcomeOf(raised(0.01))).toBe('undecided');
    expect(outcomeOf([99])).toBe('undecided');
  });

  it('are corrected over all settings of one call', () => {
    const pOf = (settings: number) => {
      const all = Array.from({ length: settings }, (_, k) => [
        ...rows('CE', ce, { batch_size: 2 ** k }),
        ...rows('CLCE', raised(0.1), { batch_size: 2 ** k }),
      ]).flat();
      return compareMethods(all, 'CLCE', 'CE')[0]!.pHolm!;
    };
    expect(pOf(4)).toBeCloseTo(4 * pOf(1), 12);
  });
});

describe('the paper’s claims', () => {
  const verdictOf = (claim: RegExp, ...measured: SeedRow[][]) =>
    checkClaims(measured.flat()).find((result) => claim.test(result.claim))!;
  const fewShot = ['cifar-fs', 'fc100', 'mini-imagenet', 'tiered-imagenet'];
  const on = (dataset: string, gain: number) => [
    ...rows('CE', ce, { ...beit3, dataset }),
    ...rows('CLCE', raised(gain), { ...beit3, dataset }),
  ];

  it('are not tested by small networks, nor by BEiT-3 from random weights', () => {
    const random = { ...beit3, weights: 'random', dataset: 'cifar-fs' };
    const small = [...rows('CE', ce), ...rows('CLCE', raised(9))];
    const untrained = [...rows('CE', ce, random), ...rows('CLCE', raised(9), random)];
    for (const { verdict, measured } of checkClaims([...small, ...untrained])) {
      expect(verdict).toBe('not tested');
      expect(measured).toBeNull();
    }
  });

  it('a gain: one set that reaches it reproduces it, only all sets together refute it', () => {
    const gain = /^largest few-shot gain/;
    expect(verdictOf(gain, on('cifar-fs', 3.5))).toMatchObject({ verdict: 'reproduced', published: 3.52 });
    expect(verdictOf(gain, on('cifar-fs', 1))).toMatchObject({ verdict: 'not tested' });
    expect(verdictOf(gain, on('cifar-fs', 1)).because).toMatch(/fc100, mini-imagenet, tiered-imagenet/);
    const all = fewShot.map((set) => on(set, 1));
    expect(verdictOf(gain, ...all)).toMatchObject({ verdict: 'not reproduced' });
    expect(verdictOf(gain, ...all).measured!.value).toBeCloseTo(1, 10);
  });

  it('twelve wins: one loss refutes it, eleven leave it open', () => {
    const wins = /twelve/;
    expect(verdictOf(wins, on('cifar-fs', 1), on('fc100', -1))).toMatchObject({ verdict: 'not reproduced' });
    expect(verdictOf(wins, ...fewShot.map((set) => on(set, 1)))).toMatchObject({ verdict: 'not tested' });
  });

  it('no batch of 4096: a gain at 1024 or fewer is enough', () => {
    const claim = /4096/;
    expect(verdictOf(claim, on('cifar-fs', 1))).toMatchObject({ verdict: 'reproduced' });
    expect(verdictOf(claim, on('cifar-fs', 0))).toMatchObject({ verdict: 'not reproduced' });
    const large = on('cifar-fs', 1).map((row) => ({ ...row, batch_size: 4096 }));
    expect(verdictOf(claim, large)).toMatchObject({ verdict: 'not tested' });
  });

  it('ImageNet-1k: the accuracy itself', () => {
    const imagenet = {
      ...beit3,
      dataset: 'imagenet-1k',
      protocol: 'transfer' as const,
      classifier: 'head',
      shot: null,
    };
    const claim = /ImageNet-1k accuracy/;
    expect(verdictOf(claim, rows('CLCE', [86.0, 86.2, 86.1], imagenet)).verdict).toBe('reproduced');
    expect(verdictOf(claim, rows('CLCE', [85.0, 85.1, 85.2], imagenet)).verdict).toBe('not reproduced');
    expect(verdictOf(claim, rows('CE', [86.0, 86.2, 86.1], imagenet)).verdict).toBe('not tested');
  });
});

describe('the table of accuracies', () => {
  it('marks the best loss only if it beats the second best', () => {
    const bestOf = (...measured: SeedRow[][]) =>
      accuracyTable(measured.flat()).rows.flatMap(({ titles, cells }) => (cells[0]!.best ? [titles[2]] : []));
    expect(bestOf(rows('CE', ce), rows('CLCE', raised(1)), rows('SupCon', raised(-2)))).toEqual(['CLCE']);
    expect(bestOf(rows('CE', ce), rows('CLCE', raised(-1)))).toEqual(['CE']);
    expect(bestOf(rows('CE', ce), rows('CLCE', raised(0.01)))).toEqual([]);
    expect(bestOf(rows('CE', ce))).toEqual([]);
  });

  it('has one row per batch size and loss, one column per setting, and gaps for missing runs', () => {
    const table = accuracyTable([
      ...rows('CE', ce),
      ...rows('CE', ce, { batch_size: 256, shot: 1 }),
      ...rows('CLCE', raised(1)),
    ]);
    expect(table.columns).toEqual([
      'backbone',
      'batch',
      'loss',
      'icons · 5-shot · nearest-centroid',
      'icons · 1-shot · nearest-centroid',
    ]);
    expect(table.rows.map(({ titles, cells }) => [...titles, ...cells.map((cell) => cell !== null)])).toEqual(
      [
        ['conv4', '64', 'CE', true, false],
        ['conv4', '64', 'CLCE', true, false],
        ['conv4', '256', 'CE', false, true],
      ],
    );
    expect(table.rows[0]!.cells[0]!.value).toBeCloseTo(80.18, 10);
  });
});
