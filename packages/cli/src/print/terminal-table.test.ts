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
  const texts = ['dataset', 'backbone', 'weights', 'loss', 'protocol', 'classifier', 'measure', 'cells'];
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
  batch_size: loss === 'none' ? null : 64,
  learning_rate: null,
  positives: null,
  protocol: 'few-shot',
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
  cells: '',
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

  it('--wide: every column', () => {
    const [head] = /data .*/.exec(wideTable(rows))!;
    expect(head.split('│').map((column) => column.trim())).toEqual([
      ...['data', 'backbone', 'loss', 'batch', 'shot', 'classifier', 'measure', '%', 'episodes ±', 'seeds ±'],
      ...['over pixels', 'vs reference', 'p', 'p Holm', ''],
    ]);
    const text = reportText(
      { rows, seeds: [], trends: [], trials: [] },
      { title: 'A title', reference: 'CE', plan: [], wide: true, from: 'from', width: 80 },
    );
    expect(text).toContain(wideTable(rows));
    expect(text).toMatch(/^A title\n/);
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
