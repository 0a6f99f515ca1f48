import { describe, expect, it } from 'vitest';
import type { SeedRow } from '../tables/seed-table.ts';
import { seedRowsOf } from '../testing/seed-rows.ts';
import { type ClaimResult, checkClaims } from './claims.ts';

const FILE = 'abcdefabcdef';
const known = { weights: [FILE.padEnd(64, '0')] };
const clceDefaults = {
  'loss.lambda': 0.9,
  'loss.temperature': 0.5,
  'loss.hardness': 1,
  'loss.form': 'in',
  'loss.detachWeights': 'false',
  'loss.labelSmoothing': 0,
} as const;

/** Runs in the paper's setting, on a few-shot set unless told otherwise. */
const inSetting = (loss: string, values: readonly number[], changes: Partial<SeedRow> = {}): SeedRow[] =>
  seedRowsOf(loss, values, {
    backbone: 'beit3-base',
    weights: FILE,
    image_size: 224,
    batch_size: 1024,
    epochs: 100.02,
    classifier: 'logistic-regression',
    ...(loss === 'CE' ? { 'loss.labelSmoothing': 0 } : clceDefaults),
    ...changes,
  }).map((row) => ({ ...row, cell: JSON.stringify([row.cell, changes]) }));

const ce = [80.1, 80.4, 79.9, 80.2, 80.3];
const noise = [0.05, -0.1, 0.1, 0, -0.05];
const raised = (by: number, spread = 1) => ce.map((value, seed) => value + by + spread * noise[seed]!);

/** A gain over CE on a set. */
const on = (dataset: string, gain: number, changes: Partial<SeedRow> = {}, spread = 1, loss = 'CLCE') => [
  ...inSetting('CE', ce, { dataset, ...changes, ...ofCe(changes) }),
  ...inSetting(loss, raised(gain, spread), { dataset, ...changes }),
];

/** The changes without the parameters that CE lacks. */
const ofCe = (changes: Partial<SeedRow>): Partial<SeedRow> =>
  Object.fromEntries(
    Object.keys(changes).flatMap((column) => (column === 'loss_name' ? [[column, 'ce']] : [])),
  );

const fewShot = ['cifar-fs', 'fc100', 'mini-imagenet', 'tiered-imagenet'];
const transfer = [
  ...['cifar-100', 'cub-200-2011', 'caltech-256', 'oxford-102-flowers', 'oxford-iiit-pets'],
  ...['inaturalist-2017', 'places365', 'imagenet-1k'],
];
const head = { protocol: 'transfer', way: null, shot: null, classifier: 'head', epochs: 50 } as const;
const onAll = (gainOf: (set: string) => number, changes: Partial<SeedRow> = {}) => [
  ...fewShot.flatMap((set) => on(set, gainOf(set), changes)),
  ...transfer.flatMap((set) => on(set, gainOf(set), { ...head, ...changes })),
];

const claimOf = (claim: RegExp, rows: readonly SeedRow[], options = known): ClaimResult =>
  checkClaims(rows, options).find((result) => claim.test(result.claim))!;
const GAIN = /^largest few-shot gain/;
const WINS = /twelve/;
const BATCH = /4096/;
const IMAGENET = /ImageNet-1k accuracy/;
const SISTER_GAIN = /^sister method: largest/;

describe('the paper’s setting', () => {
  it('runs in it judge; nothing else does', () => {
    expect(claimOf(GAIN, on('cifar-fs', 3.5)).verdict).toBe('reproduced');
    const outside = [...seedRowsOf('CE', ce), ...seedRowsOf('CLCE', raised(9))];
    for (const { verdict, measured, because } of checkClaims(outside, known)) {
      expect({ verdict, measured }).toEqual({ verdict: 'not tested', measured: null });
      expect(because).not.toMatch(/not counted/);
    }
  });

  it.each<[string, Partial<SeedRow>, string]>([
    ['another λ', { 'loss.lambda': 0.5 }, 'λ is 0.5, the sister method’s command line has 0.9 (cifar-fs)'],
    [
      'another τ',
      { 'loss.temperature': 0.1 },
      'τ is 0.1, the sister method’s command line has 0.5 (cifar-fs)',
    ],
    ['another β', { 'loss.hardness': 2 }, 'β is 2, the paper has 1 (cifar-fs)'],
    ['the other form', { 'loss.form': 'out' }, 'the form is out, this project takes the paper’s to be in'],
    ['detached weights', { 'loss.detachWeights': 'true' }, 'detachWeights is true, this project takes'],
    ['another optimizer', { optimizer: 'sgd' }, 'the optimizer is sgd, the recipe has adamw'],
    ['fewer epochs', { epochs: 10.04 }, '10 epochs, the recipe has 100 (cifar-fs)'],
    ['random weights', { weights: 'random' }, 'the weights are random, the paper’s are pretrained'],
    [
      'weights of any file',
      { weights: '111111111111' },
      'weights not identified: SHA-256 111111111111…, and no checksum is published; --weights names the file',
    ],
    [
      'another size',
      { backbone: 'beit3-large' },
      'the backbone is beit3-large, the claims are on beit3-base',
    ],
    [
      'another split',
      { split: 'confirmation', folds: 4, fold: 0 },
      'the split is confirmation, the paper’s are official',
    ],
    [
      'contrastive groups',
      { contrastive_group: 16 },
      'samples are contrasted in groups of 16, the paper’s with',
    ],
    [
      'validation classes',
      { evaluated_on: 'validation' },
      'accuracy is on validation data, which choose a recipe; the paper’s is on novel classes or test samples (cifar-fs)',
    ],
    ['an unnamed side', { evaluated_on: null }, 'the table is of an earlier version and does not say what'],
    ['other episodes', { way: 20 }, 'the episodes have 20 classes, not 5'],
    ['an earlier table', { loss_name: null, epochs: null }, 'the table is of an earlier version'],
  ])('%s keeps a run from judging, and the claim says so', (_, changes, why) => {
    const { verdict, because, measured } = claimOf(GAIN, [
      ...inSetting('CE', ce, { dataset: 'cifar-fs' }),
      ...inSetting('CLCE', raised(9), { dataset: 'cifar-fs', ...changes }),
    ]);
    expect({ verdict, measured }).toEqual({ verdict: 'not tested', measured: null });
    expect(because).toContain('not counted: ');
    expect(because).toContain(why);
  });

  it('BEiT-3 is never taken for granted: without --weights no run judges', () => {
    for (const { verdict } of checkClaims(onAll(() => 4))) expect(verdict).toBe('not tested');
    const others = { weights: ['abcdefabcdee'] };
    for (const { verdict } of checkClaims(
      onAll(() => 4),
      others,
    ))
      expect(verdict).toBe('not tested');
  });

  it('another shot or classifier wins nothing', () => {
    for (const changes of [{ shot: 1 }, { classifier: 'nearest-centroid' }]) {
      expect(claimOf(GAIN, on('cifar-fs', 9, changes)).verdict).toBe('not tested');
    }
    expect(claimOf(/transfer gain/, on('cifar-100', 9, { ...head, classifier: 'k-nn' })).verdict).toBe(
      'not tested',
    );
  });

  it('runs on validation data judge no claim, by themselves or beside others', () => {
    const validated = onAll(() => 9, { evaluated_on: 'validation' });
    for (const { verdict, measured } of checkClaims(validated, known)) {
      expect({ verdict, measured }).toEqual({ verdict: 'not tested', measured: null });
    }
    const measuredOf = (rows: readonly SeedRow[]) => claimOf(GAIN, rows).measured;
    expect(measuredOf([...on('cifar-fs', 3.5), ...validated])).toEqual(measuredOf(on('cifar-fs', 3.5)));
  });

  it('a cell in two tables counts once; two cells of one seed count not at all', () => {
    const rows = on('cifar-fs', 3.5);
    expect(checkClaims([...rows, ...rows], known)).toEqual(checkClaims(rows, known));
    const again = rows.map((row) => ({ ...row, cell: `${row.cell}'`, value: row.value + 0.01 }));
    const { verdict, because } = claimOf(GAIN, [...rows, ...again]);
    expect(verdict).toBe('not tested');
    expect(because).toContain(
      'clce has several cells of one seed and setting; leave one table out (cifar-fs)',
    );
  });

  it('losses are compared at one label smoothing', () => {
    const smooth = { 'loss.labelSmoothing': 0.1, dataset: 'cifar-fs' };
    const mixed = [...inSetting('CE', ce, smooth), ...inSetting('CLCE', raised(4), { dataset: 'cifar-fs' })];
    expect(claimOf(GAIN, mixed).verdict).toBe('not tested');
    const alike = [...inSetting('CE', ce, smooth), ...inSetting('CLCE', raised(4), smooth)];
    expect(claimOf(GAIN, alike).verdict).toBe('reproduced');
  });
});

describe('the largest gain', () => {
  it('one set that has it reproduces it, only all sets together refute it', () => {
    expect(claimOf(GAIN, on('cifar-fs', 2.6))).toMatchObject({ verdict: 'reproduced', published: 3.52 });
    expect(claimOf(GAIN, on('cifar-fs', 2.4))).toMatchObject({ verdict: 'not tested' });
    expect(claimOf(GAIN, on('cifar-fs', 1)).because).toMatch(
      /ce in .* on fc100, mini-imagenet, tiered-imagenet/,
    );
    const all = fewShot.flatMap((set) => on(set, 1));
    expect(claimOf(GAIN, all)).toMatchObject({ verdict: 'not reproduced' });
    expect(claimOf(GAIN, all).measured!.value).toBeCloseTo(1, 10);
  });

  it('an interval that merely reaches the figure does not reproduce it', () => {
    const wide = claimOf(
      GAIN,
      fewShot.flatMap((set) => on(set, 1.6, {}, 20)),
    );
    expect(wide.measured!.upper).toBeGreaterThan(3.52);
    expect(wide.verdict).toBe('not reproduced');
    // A large gain that is not significant shows nothing either.
    const unsure = claimOf(
      GAIN,
      fewShot.flatMap((set) => on(set, 3.5, {}, 60)),
    );
    expect(unsure.measured!.lower).toBeLessThan(0);
    expect(unsure.verdict).toBe('not reproduced');
  });

  it('sets that were not run stay in the family', () => {
    // t = 3 / (18 · 0.0791 / √5) = 4.71 with 4 degrees of freedom: p = 0.0092. Four sets make it 0.037, eight 0.074.
    const spread = 18;
    const p = (claim: RegExp, rows: readonly SeedRow[]) => claimOf(claim, rows).verdict;
    expect(p(GAIN, on('cifar-fs', 3, {}, spread))).toBe('reproduced');
    expect(p(/transfer gain/, on('cifar-100', 3, head, spread))).toBe('not tested');
  });
});

describe('twelve wins', () => {
  it('each of the twelve is won', () => {
    expect(
      claimOf(
        WINS,
        onAll(() => 1),
      ),
    ).toMatchObject({
      verdict: 'reproduced',
      because: 'significantly better on 12 of 12',
    });
    expect(
      claimOf(
        WINS,
        onAll((set) => (set === 'fc100' ? 0.01 : 1)),
      ),
    ).toMatchObject({
      verdict: 'not reproduced',
      because: 'significantly better on 11 of 12',
    });
  });

  it('one loss refutes it, eleven sets leave it open', () => {
    expect(claimOf(WINS, [...on('cifar-fs', 1), ...on('fc100', -1)])).toMatchObject({
      verdict: 'not reproduced',
      because: expect.stringMatching(/^CE is better: fc100/),
    });
    const eleven = onAll(() => 1).filter(({ dataset }) => dataset !== 'places365');
    expect(claimOf(WINS, eleven)).toMatchObject({
      verdict: 'not tested',
      because: expect.stringMatching(/on places365$/),
    });
  });

  it('the best of several batches is not chosen: the largest of at most 1024 counts', () => {
    const small = onAll(() => 1, { batch_size: 256 });
    expect(claimOf(WINS, small).verdict).toBe('reproduced');
    expect(claimOf(WINS, [...small, ...on('cifar-fs', -1)]).verdict).toBe('not reproduced');
    expect(
      claimOf(
        WINS,
        onAll(() => 1, { batch_size: 4096 }),
      ).verdict,
    ).toBe('not tested');
  });
});

describe('no batch of 4096', () => {
  const at = (batch_size: number, gain: number, spread = 1) => {
    const rows = on('cifar-fs', gain, { batch_size }, spread);
    return rows.map((row) => ({
      ...row,
      value: row.value + (batch_size === 4096 ? 0.1 * row.seed ** 2 : 0),
    }));
  };

  it('a gain at 1024 alone says nothing about it', () => {
    expect(claimOf(BATCH, at(1024, 3)).verdict).toBe('not tested');
    expect(claimOf(BATCH, at(4096, 3)).verdict).toBe('not tested');
  });

  it('is judged by the gain at 1024 minus the gain at 4096, paired by seed', () => {
    const steady = claimOf(BATCH, [...at(1024, 2), ...at(4096, 2.1, -1)]);
    expect(steady.verdict).toBe('reproduced');
    // Differences of the gains: −0.1 + 2 × noise, so −0.1 ± 2.776 · 0.1581 / √5.
    expect(steady.measured!.value).toBeCloseTo(-0.1, 10);
    expect(steady.measured!.lower).toBeCloseTo(-0.1 - 0.19632433, 6);
    expect(steady.measured!.upper).toBeCloseTo(-0.1 + 0.19632433, 6);
    expect(steady.cells).toHaveLength(20);
  });

  it('a gain that is larger at 4096, or no gain at 1024, does not reproduce it', () => {
    const grows = claimOf(BATCH, [...at(1024, 1), ...at(4096, 4, -1)]);
    expect(grows).toMatchObject({
      verdict: 'not reproduced',
      because: expect.stringMatching(/^the gain may be 1 point or more below that at 4096: cifar-fs/),
    });
    expect(claimOf(BATCH, [...at(1024, 0), ...at(4096, 0, -1)])).toMatchObject({
      verdict: 'not reproduced',
      because: expect.stringMatching(/^no significant gain at 1024: cifar-fs/),
    });
  });

  it('a contrast with a wide interval shows nothing', () => {
    const { verdict, measured } = claimOf(BATCH, [...at(1024, 2), ...at(4096, 2, -20)]);
    expect(verdict).toBe('not reproduced');
    expect(measured!.lower).toBeLessThan(-1);
  });
});

describe('the sister method', () => {
  const schane = (dataset: string, gain: number, changes: Partial<SeedRow> = {}) =>
    on(dataset, gain, changes, 1, 'SCHaNe');

  it('is judged by its own loss alone', () => {
    expect(claimOf(SISTER_GAIN, on('cifar-fs', 4)).verdict).toBe('not tested');
    expect(claimOf(SISTER_GAIN, schane('cifar-fs', 4)).verdict).toBe('reproduced');
    expect(claimOf(GAIN, schane('cifar-fs', 4)).verdict).toBe('not tested');
  });

  it('ImageNet-1k: the whole interval lies above the figure minus one point', () => {
    const imagenet = { ...head, dataset: 'imagenet-1k' };
    const verdictOf = (loss: string, values: readonly number[]) =>
      claimOf(IMAGENET, inSetting(loss, values, imagenet)).verdict;
    expect(verdictOf('SCHaNe', [86.0, 86.2, 86.1])).toBe('reproduced');
    expect(verdictOf('SCHaNe', [85.0, 85.1, 85.2])).toBe('not reproduced');
    // Mean 86.1, and an interval of ± 4 that reaches the figure.
    expect(verdictOf('SCHaNe', [84.5, 87.7, 86.1])).toBe('not reproduced');
    expect(verdictOf('SCHaNe', [86.2])).toBe('not tested');
    expect(verdictOf('CLCE', [86.0, 86.2, 86.1])).toBe('not tested');
  });
});

it('a verdict of better goes with an interval above zero, whatever the figures', () => {
  for (let spread = 1; spread < 60; spread++) {
    const { verdict, measured } = claimOf(GAIN, on('cifar-fs', 3.5, {}, spread));
    if (verdict === 'reproduced') expect(measured!.lower).toBeGreaterThan(0);
    else expect(spread).toBeGreaterThan(10);
  }
});
