import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePairs, variantPairs } from '../comparisons.ts';
import { ResultsError } from '../results-error.ts';
import { seedRowsOf as rows } from '../testing/seed-rows.ts';
import { accuracyTable } from './accuracy-table.ts';
import { parseSeedCsv, type SeedRow, seedCsv } from './seed-table.ts';

const ce = [80.1, 80.4, 79.9, 80.2, 80.3];
const raised = (by: number) => ce.map((value, seed) => value + by + [0.05, -0.1, 0.1, 0, -0.05][seed]!);

describe('the table by seed', () => {
  it('has a column for each parameter of its losses, in one order, empty where a loss lacks it', () => {
    const written = [
      ...rows('CE', ce, { 'loss.labelSmoothing': 0.1 }),
      ...rows('CLCE', raised(1), {
        'loss.temperature': 0.5,
        'loss.form': 'in',
        'loss.detachWeights': 'false',
      }),
    ];
    const csv = seedCsv(written);
    expect(csv.split('\n')[0]).toContain(
      ',loss,loss_name,loss.detachWeights,loss.form,loss.labelSmoothing,loss.temperature,batch_size,contrastive_group,optimizer,learning_rate,epochs,steps,images,seed,',
    );
    expect(csv.split('\n')[1]).toContain(',CE,ce,,,0.1,,64,,adamw,0.01,2.5,400,25600,0,');
    expect(csv.split('\n')[6]).toContain(',CLCE,clce,false,in,,0.5,64,');
    expect(seedCsv(written.toReversed()).split('\n')[0]).toBe(csv.split('\n')[0]);
    expect(parseSeedCsv(csv, 'x.csv')).toEqual(written);
  });

  it('of an earlier version is read: what it does not say is null', () => {
    const columns =
      'dataset,image_size,backbone,weights,loss,batch_size,seed,protocol,way,shot,classifier,measure,value,cell';
    const line = 'icons,32,conv4,random,CLCE,64,0,few-shot,5,1,nearest-centroid,accuracy,69.5,24c3522ffdab';
    const [first] = parseSeedCsv(`${columns}\n${line}\n`, 'x.csv');
    expect(first).toMatchObject({
      loss: 'CLCE',
      loss_name: null,
      optimizer: null,
      steps: null,
      images: null,
    });
  });

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
      ...rows('CLCE, group = 16', raised(1), { contrastive_group: 16 }),
    ];
    expect(parseSeedCsv(seedCsv(written), 'x.csv')).toEqual(written);
  });

  it('reads a table of before there were contrastive groups', () => {
    const without = seedCsv(rows('CE', ce)).replace(',contrastive_group', '').replaceAll(',64,,', ',64,');
    expect(parseSeedCsv(without, 'x.csv')).toEqual(rows('CE', ce));
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
      (csv: string) => csv.replace(',25600,0,', ',25600,0.5,'),
      /x\.csv, line 2, seed: expected a whole number from 0 on/,
    ],
    [
      'an empty batch',
      (csv: string) => csv.replace(',64,,adamw,', ',0,,adamw,'),
      /x\.csv, line 2, batch_size: expected a whole number from 1 on/,
    ],
    [
      'half a contrastive group',
      (csv: string) => csv.replace(',64,,adamw,', ',64,0.5,adamw,'),
      /x\.csv, line 2, contrastive_group: /,
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
    const [comparison] = comparePairs(
      [...rows('CLCE', raised(1)).reverse(), ...rows('CE', ce)],
      [['CLCE', 'CE']],
    );
    // Differences 1.05, 0.9, 1.1, 1, 0.95: scipy.stats.ttest_1samp(…).confidence_interval() = 0.90183784 … 1.09816216.
    expect(comparison).toMatchObject({ units: 5, outcome: 'better' });
    expect(comparison!.difference).toBeCloseTo(1, 10);
    expect(comparison!.lower).toBeCloseTo(0.90183784, 7);
    expect(comparison!.upper).toBeCloseTo(1.09816216, 7);
  });

  it('compare a loss in contrastive groups with one that has none', () => {
    const grouped = rows('CLCE, group = 16', raised(1), { contrastive_group: 16 });
    const [comparison] = comparePairs([...grouped, ...rows('CE', ce)], [['CLCE, group = 16', 'CE']]);
    expect(comparison).toMatchObject({ units: 5, outcome: 'better' });
  });

  it('are compared at each budget, and corrected together', () => {
    const measured = [
      ...rows('CE, 100 steps', ce),
      ...rows('CLCE, 100 steps', raised(1)),
      ...rows('CE + SupCon, 100 steps', raised(-9)),
      ...rows('CE, 200 steps', ce),
      ...rows('CLCE, 200 steps', raised(2)),
      ...rows('CLCE, 400 steps', raised(3)),
      ...rows('CE', ce),
    ];
    const compareVariants = (all: readonly SeedRow[]) =>
      comparePairs(all, variantPairs([...new Set(all.map(({ loss }) => loss))], 'CLCE', 'CE'));
    const compared = compareVariants(measured);
    expect(compared.map(({ method, other }) => [method, other])).toEqual([
      ['CLCE, 100 steps', 'CE, 100 steps'],
      ['CLCE, 200 steps', 'CE, 200 steps'],
    ]);
    expect(compared[1]!.difference).toBeCloseTo(2, 10);
    const [alone] = compareVariants(measured.slice(0, 10));
    expect(compared[0]!.pHolm).toBeCloseTo(alone!.pHolm!, 12);
    expect(compared[1]!.pHolm).toBeGreaterThan(0);
  });

  it('are better, worse or undecided; one seed decides nothing', () => {
    const outcomeOf = (values: readonly number[]) =>
      comparePairs([...rows('CLCE', values), ...rows('CE', ce.slice(0, values.length))], [['CLCE', 'CE']])[0]!
        .outcome;
    expect(outcomeOf(raised(-1))).toBe('worse');
    expect(outcomeOf(raised(0.01))).toBe('undecided');
    expect(outcomeOf([99])).toBe('undecided');
  });

  it('exchanged, have the mirrored verdict', () => {
    for (const by of [1, -1, 0.01]) {
      const all = [...rows('CLCE', raised(by)), ...rows('CE', ce)];
      const [one] = comparePairs(all, [['CLCE', 'CE']]);
      const [other] = comparePairs(all, [['CE', 'CLCE']]);
      const mirrored = {
        ...{ better: 'worse', worse: 'better', undecided: 'undecided' },
        'not judged': 'not judged',
      };
      expect(other!.outcome).toBe(mirrored[one!.outcome]);
      expect(other!.difference).toBeCloseTo(-one!.difference, 12);
      expect(other!.lower).toBeCloseTo(-one!.upper!, 12);
      expect(other!.pHolm).toBeCloseTo(one!.pHolm!, 12);
    }
  });

  it('on validation data are not judged, and are in no family', () => {
    const on = { evaluated_on: 'validation' } as const;
    const validated = [...rows('CE', ce, on), ...rows('CLCE', raised(1), on)];
    const reported = [...rows('CE', ce), ...rows('CLCE', raised(0.1))];
    const compare = (all: SeedRow[]) => comparePairs(all, [['CLCE', 'CE']]);
    expect(compare(validated)).toMatchObject([{ outcome: 'not judged', pHolm: null, units: 5 }]);
    expect(compare([...validated, ...reported])[1]).toEqual(compare(reported)[0]);
    // Rows of both kinds are never a pair.
    expect(compare([...rows('CE', ce), ...rows('CLCE', raised(1), on)])).toEqual([]);
  });

  it('a comparison without a test stays in the family', () => {
    const tested = [...rows('CE', ce), ...rows('CLCE', raised(0.1))];
    const pOf = (all: SeedRow[]) => comparePairs(all, [['CLCE', 'CE']])[0]!.pHolm!;
    const oneSeed = [...rows('CE', [80], { shot: 1 }), ...rows('CLCE', [81], { shot: 1 })];
    expect(pOf([...tested, ...oneSeed])).toBeCloseTo(2 * pOf(tested), 12);
  });

  it('are corrected over all settings of one call', () => {
    const pOf = (settings: number) => {
      const all = Array.from({ length: settings }, (_, k) => [
        ...rows('CE', ce, { batch_size: 2 ** k }),
        ...rows('CLCE', raised(0.1), { batch_size: 2 ** k }),
      ]).flat();
      return comparePairs(all, [['CLCE', 'CE']])[0]!.pHolm!;
    };
    expect(pOf(4)).toBeCloseTo(4 * pOf(1), 12);
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
    const on = { evaluated_on: 'validation' } as const;
    const validated = [rows('CE', ce, on), rows('CLCE', raised(1), on)];
    expect(bestOf(...validated)).toEqual([]);
    expect(accuracyTable(validated.flat())).toMatchObject({
      columns: ['backbone', 'batch', 'loss', 'icons · 5-shot · nearest-centroid · validation classes'],
      hasValidation: true,
    });
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
