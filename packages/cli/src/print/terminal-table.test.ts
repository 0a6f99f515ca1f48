import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { csvRecords, parseSeedCsv, type ResultRow, type RowSetting, type TrendRow } from '@clce/results';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { reportText } from './report-text.ts';
import { partialTable, terminalQualities, terminalTable, terminalTrends } from './terminal-table.ts';
import { comparisonLines } from './verdicts.ts';
import { wideTable } from './wide-table.ts';

const results = fileURLToPath(new URL('../../../../results/', import.meta.url));

/** Rows of a committed table. */
function read<Row>(file: string): Row[] {
  const texts = [
    'dataset',
    'backbone',
    'weights',
    'loss',
    'loss_name',
    'split',
    'verdict',
    'optimizer',
    'loss.form',
    'loss.detachWeights',
    'protocol',
    'evaluated_on',
    'classifier',
    'measure',
    'cells',
  ];
  const entryOf = (column: string, text: string) => {
    if (texts.includes(column)) return text;
    if (text === '') return null;
    return column === 'reference' ? text : Number(text);
  };
  return csvRecords(readFileSync(results + file, 'utf8'), file).map(
    (record) =>
      Object.fromEntries(
        Object.entries(record).map(([column, text]) => [column, entryOf(column, text)]),
      ) as Row,
  );
}

function settingsOf(rows: readonly ResultRow[]): RowSetting[] {
  const keyOf = ({ dataset, backbone, loss, batch_size }: ResultRow) =>
    JSON.stringify([dataset, backbone, loss, batch_size]);
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

const row = (loss: string, shot: number, value: number, difference: number | null, seeds = 3): ResultRow => ({
  dataset: 'icons',
  image_size: 32,
  backbone: loss === 'none' ? 'raw pixels' : 'conv4',
  weights: null,
  loss,
  loss_name: loss === 'none' ? null : loss.toLowerCase(),
  batch_size: loss === 'none' ? null : 64,
  optimizer: null,
  contrastive_group: null,
  learning_rate: null,
  epochs: null,
  steps: loss === 'none' ? null : 400,
  images: loss === 'none' ? null : 25_600,
  positives: null,
  split: 'official' as const,
  folds: null,
  protocol: 'few-shot',
  evaluated_on: 'novel',
  way: 5,
  shot,
  classifier: 'nearest-centroid',
  measure: 'accuracy',
  value,
  episode_lower: value - 1,
  episode_upper: value + 1,
  episodes: 600,
  seed_lower: loss === 'none' ? null : value - 0.5,
  seed_upper: loss === 'none' ? null : value + 0.5,
  seeds: loss === 'none' ? 0 : seeds,
  over_pixels: null,
  over_pixels_lower: null,
  over_pixels_upper: null,
  reference: difference === null ? null : 'CE',
  difference,
  difference_lower: difference === null ? null : difference - 0.25,
  difference_upper: difference === null ? null : difference + 0.25,
  p_value: difference === null ? null : 0.01,
  p_holm: difference === null ? null : 0.02 * Math.abs(difference),
  verdict: difference === null ? null : 0.02 * Math.abs(difference) < 0.05 ? 'worse' : 'undecided',
  cells: loss === 'none' ? 'pixels' : `${loss}-0 ${loss}-1`,
});

const rows = [1, 5].flatMap((shot) => [
  row('none', shot, 50 + shot, null),
  row('CE', shot, 70 + shot, null),
  row('CLCE', shot, 68 + shot, -2, 2),
  row('CE + SupCon', shot, 64 + shot, -6, 2),
]);
const settings: RowSetting[] = settingsOf(rows).map((setting) => ({
  ...setting,
  seeds: setting.seeds === 0 ? 0 : 3,
}));

describe('the table of a run', () => {
  it('on 80 columns', () => {
    expect(`\n${terminalTable(rows, settings, 80)}\n`).toMatchInlineSnapshot(`
      "
      icons · conv4 · batch 64
                                 1-shot                        5-shot
                               nearest-                      nearest-
      loss         seeds       centroid           vs CE      centroid           vs CE
      ───────────────────────────────────────────────────────────────────────────────
      raw pixels                  51.00                         55.00
      CE           3       71.00 ± 0.50                  75.00 ± 0.50
      CLCE         2 of 3  69.00 ± 0.50  −2.00 ± 0.25 *  73.00 ± 0.50  −2.00 ± 0.25 *
      CE + SupCon  2 of 3  65.00 ± 0.50  −6.00 ± 0.25    69.00 ± 0.50  −6.00 ± 0.25
      Accuracy in percent, ± half the 95 % interval over seeds. vs CE: paired by seed;
      *: p < 0.05, Holm-corrected over the table.
      "
    `);
  });

  it('says where accuracy is on validation classes, and marks no method there', () => {
    const on = { evaluated_on: 'validation' } as const;
    const text = terminalTable(
      rows.map((one) => ({ ...one, ...on, verdict: null })),
      settings.map((one) => ({ ...one, ...on })),
      200,
    );
    expect(text).toMatch(/^icons · conv4 · batch 64 · validation classes\n/);
    expect(text).not.toContain('*');
    expect(text).toMatch(
      /vs CE: paired by seed\. Validation data choose settings, so no method is judged on them\.$/,
    );
    const samples = settings.map((one) => ({ ...one, ...on, protocol: 'transfer' as const }));
    expect(terminalTable([], samples, 200)).toMatch(/^icons · conv4 · batch 64 · validation samples\n/);
  });

  it('shows rows without figures while a run is unfinished', () => {
    const first = rows.filter(({ loss, shot }) => loss !== 'CE + SupCon' && shot === 1);
    expect(`\n${partialTable(first, settings, 80)}\n`).toMatchInlineSnapshot(`
      "
      icons · conv4 · batch 64
                             1-shot
                           nearest-
      loss         seeds   centroid  vs CE
      ────────────────────────────────────
      raw pixels               51.0
      CE           3           71.0
      CLCE         2 of 3      69.0   −2.0
      CE + SupCon  0 of 3         –
      "
    `);
  });

  it('--wide: every column, and the seconds of a cell where they are known', () => {
    const seconds = new Map([
      ['CE-0', 10],
      ['CE-1', 20],
      ['CLCE-1', 30],
    ]);
    const [head] = /data .*/.exec(wideTable(rows, seconds))!;
    expect(head.split('│').map((column) => column.trim())).toEqual([
      ...['data', 'backbone', 'loss', 'batch', 'shot', 'classifier', 'measure', '%', 'episodes ±', 'seeds ±'],
      ...['over pixels', 'vs reference', 'p', 'p Holm', 'steps', 'images', 's a cell', ''],
    ]);
    const text = reportText(
      { rows, seeds: [], trends: [], verdicts: [], spreads: [], trials: [] },
      { title: 'A title', reference: 'CE', plan: [], wide: true, from: 'from', seconds, width: 80 },
    );
    expect(text).toContain(wideTable(rows, seconds));
    const lineOf = (loss: string) => text.split('\n').find((line) => line.includes(`│ ${loss} `))!;
    expect(lineOf('CE')).toMatch(/│ +400 │ +25600 │ +15\.0 │$/);
    expect(lineOf('CLCE')).toMatch(/│ +30\.0 │$/);
    expect(lineOf('none')).toMatch(/│ +– │ +– │ +– │$/);
    expect(text).toMatch(/^A title\n/);
  });
});

describe('trends', () => {
  const trend = (loss: string, groups: number | null): TrendRow => ({
    ...{ dataset: 'icons', backbone: 'conv4', loss, shot: 5, classifier: 'cosine', measure: 'accuracy' },
    ...{ loss_name: loss.toLowerCase(), evaluated_on: 'novel' },
    ...{ batch_sizes: groups === null ? 3 : 1, contrastive_groups: groups, seeds: 3, folds: null },
    ...{ slope: 1.5, slope_lower: 1, slope_upper: 2 },
    ...{ reference: null, difference: null, difference_lower: null, difference_upper: null },
  });

  it('over batch sizes and over contrastive groups are two tables', () => {
    const titles = (rows: TrendRow[]) =>
      terminalTrends(rows, 80)
        .split('\n')
        .filter((line) => line.startsWith('Trend over'))
        .map((line) => line.slice(0, line.indexOf(':')));
    expect(titles([trend('CE', null), trend('CLCE', 4)])).toEqual([
      'Trend over batch size',
      'Trend over the contrastive group',
    ]);
    expect(titles([trend('CLCE', 4)])).toEqual(['Trend over the contrastive group']);
    expect(terminalTrends([trend('CLCE', 4)], 80)).toContain('+1.50');
    const folded = terminalTrends([{ ...trend('CLCE', 4), folds: 8, seeds: 2 }], 80);
    expect(folded).toMatch(/interval over\s+folds\./);
    expect(folded).toMatch(/^loss +folds × seeds /m);
    expect(folded).toMatch(/^CLCE +8 × 2 /m);
  });
});

describe.each([
  'fewshot-standard',
  'fewshot-pretrained',
  'transfer-standard',
  'batch-size-standard',
  'ablation-standard',
])('the committed %s', (name) => {
  const rows = read<ResultRow>(`${name}.csv`);
  const settings = settingsOf(rows);
  const seeds = parseSeedCsv(readFileSync(`${results}${name}.seeds.csv`, 'utf8'), name);
  const trends = name.startsWith('batch-size') ? read<TrendRow>(`${name}.trend.csv`) : [];

  it.each([40, 80, 120])('no line is wider than %i columns', (width) => {
    const texts = [
      terminalTable(rows, settings, width),
      partialTable(rows, settings, width),
      terminalQualities(rows, settings, width),
      terminalTrends(trends, width),
      comparisonLines(seeds, width),
    ];
    const widths = texts.flatMap((text) => text.split('\n')).map((line) => stringWidth(line));
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
  });

  it('80 columns hold every accuracy and difference', () => {
    const text = terminalTable(rows, settings, 80);
    for (const { value, difference } of rows.filter(({ measure }) => measure === 'accuracy')) {
      expect(text).toContain(value.toFixed(2));
      if (difference !== null) expect(text).toContain(Math.abs(difference).toFixed(2));
    }
  });
});
