/** What a suite's table looks like: accuracy by batch size, and differences to the reference. Vega-Lite specifications. */
import type { ResultRow } from '@clce/experiments';
import type { TopLevelSpec } from 'vega-lite';

export type PlotSpec = TopLevelSpec;

/** Accuracy over batch size, a panel a data set × backbone × shot × classifier, a line a loss, a band its 95 % interval over seeds; null with one batch size. */
export function batchSizePlot(rows: readonly ResultRow[]): PlotSpec | null {
  const values = accuracies(rows).map((row) => ({ ...shown(row), batch: row.batch_size, value: row.value }));
  if (new Set(values.map(({ batch }) => batch)).size < 2) return null;
  const x = { field: 'batch', type: 'quantitative' as const, scale: { type: 'log' as const, base: 2 } };
  const color = { field: 'loss', type: 'nominal' as const, sort: null };
  return {
    ...common('Accuracy by batch size, with its 95 % interval over seeds'),
    data: { values },
    facet: { field: 'panel', type: 'nominal', sort: null, title: null },
    columns: 2,
    spec: {
      width: 320,
      height: 240,
      layer: [
        {
          mark: { type: 'area', opacity: 0.2 },
          encoding: {
            x: { ...x, title: 'batch size', axis: { values: values.map(({ batch }) => batch!) } },
            y: { field: 'lower', type: 'quantitative', title: 'accuracy, %', scale: { zero: false } },
            y2: { field: 'upper' },
            color,
          },
        },
        {
          mark: { type: 'line', point: true },
          encoding: { x, y: { field: 'value', type: 'quantitative' }, color },
        },
      ],
    },
  };
}

/** Differences to the reference with their 95 % intervals (a forest plot), a panel as above; null without any. */
export function differencePlot(rows: readonly ResultRow[]): PlotSpec | null {
  const values = accuracies(rows).flatMap((row) =>
    row.difference === null
      ? []
      : [
          {
            ...shown(row),
            method: `${row.loss}, batch ${row.batch_size}`,
            difference: row.difference,
            lower: row.difference_lower,
            upper: row.difference_upper,
          },
        ],
  );
  if (values.length === 0) return null;
  const reference = rows.find((row) => row.reference !== null)!.reference;
  const y = { field: 'method', type: 'nominal' as const, sort: null, title: null };
  return {
    ...common('Differences paired by seed, with their 95 % intervals'),
    data: { values },
    facet: { field: 'panel', type: 'nominal', sort: null, title: null },
    columns: 2,
    spec: {
      width: 320,
      layer: [
        { mark: { type: 'rule', color: '#999' }, encoding: { x: { datum: 0 } } },
        {
          mark: 'rule',
          encoding: {
            y,
            x: {
              field: 'lower',
              type: 'quantitative',
              title: `difference to ${reference}, points of accuracy`,
            },
            x2: { field: 'upper' },
          },
        },
        {
          mark: { type: 'point', filled: true, opacity: 1, color: 'black' },
          encoding: { y, x: { field: 'difference', type: 'quantitative' } },
        },
      ],
    },
  };
}

function accuracies(rows: readonly ResultRow[]): ResultRow[] {
  return rows.filter(({ measure, batch_size }) => measure === 'accuracy' && batch_size !== null);
}

function shown({ dataset, backbone, shot, classifier, loss, seed_lower, seed_upper }: ResultRow) {
  const panel = [dataset, backbone, ...(shot === null ? [] : [`${shot}-shot`]), classifier].join(' · ');
  return { panel, loss, lower: seed_lower, upper: seed_upper };
}

function common(title: string) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    title,
    config: { font: 'DejaVu Sans', axis: { labelLimit: 400 } },
  };
}
