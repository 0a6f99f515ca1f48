/**
 * What a suite's tables look like: accuracy by batch size, differences to the reference, similarities of pairs and the
 * embeddings themselves. Vega-Lite specifications.
 */
import { labelOf, type MapRow, type ResultRow, type SimilarityRow } from '@clce/experiments/results';
import type { TopLevelSpec } from 'vega-lite';

export type PlotSpec = TopLevelSpec;

/** Accuracy over batch size, a panel a data set × backbone × shot × classifier, a line a loss, a band its 95 % interval over seeds; null with one batch size. */
export function batchSizePlot(rows: readonly ResultRow[]): PlotSpec | null {
  const values = accuracies(rows).map((row) => ({ ...shown(row), batch: row.batch_size, value: row.value }));
  if (new Set(values.map(({ batch }) => batch)).size < 2) return null;
  const x = { field: 'batch', type: 'quantitative' as const, scale: { type: 'log' as const, base: 2 } };
  const color = { field: 'loss', type: 'nominal' as const, sort: null };
  return {
    ...panels('Accuracy by batch size, with its 95 % interval over seeds', values, 2),
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
    ...panels('Differences paired by seed, with their 95 % intervals', values, 2),
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

/** How similar two samples of a class are, and two of different classes, a panel a trained setting; null without any. */
export function similarityPlot(rows: readonly SimilarityRow[]): PlotSpec | null {
  const values = rows.map(({ dataset, backbone, loss, batch_size, pairs, lower, upper, share }) => ({
    panel: labelOf({ dataset, backbone, loss, batch_size }),
    pairs,
    cosine: (lower + upper) / 2,
    share,
  }));
  if (values.length === 0) return null;
  return {
    ...panels('Cosine similarity of pairs, mean over seeds', values, 3),
    spec: {
      width: 220,
      height: 140,
      mark: { type: 'area', interpolate: 'step', opacity: 0.4, line: true },
      encoding: {
        x: { field: 'cosine', type: 'quantitative', scale: { domain: [-1, 1] } },
        y: { field: 'share', type: 'quantitative', title: '% of pairs', stack: null },
        color: { field: 'pairs', type: 'nominal', sort: null },
      },
    },
  };
}

/** The embeddings of one seed on a plane, coloured by class, a panel a trained setting with axes of its own; null without any. */
export function embeddingMapPlot(rows: readonly MapRow[]): PlotSpec | null {
  const values = rows.map(({ dataset, backbone, loss, batch_size, class: className, x, y }) => ({
    panel: labelOf({ dataset, backbone, loss, batch_size }),
    class: className,
    x,
    y,
  }));
  if (values.length === 0) return null;
  const axis = { type: 'quantitative' as const, title: null, axis: { labels: false, ticks: false } };
  return {
    ...panels('Embeddings along their first two principal components, a colour a class', values, 3),
    resolve: { scale: { x: 'independent', y: 'independent', color: 'independent' } },
    spec: {
      width: 220,
      height: 220,
      mark: { type: 'point', filled: true, size: 20 },
      encoding: {
        x: { field: 'x', ...axis },
        y: { field: 'y', ...axis },
        color: { field: 'class', type: 'nominal', legend: null, scale: { scheme: 'tableau10' } },
      },
    },
  };
}

function accuracies(rows: readonly ResultRow[]): ResultRow[] {
  return rows.filter(({ measure, batch_size }) => measure === 'accuracy' && batch_size !== null);
}

function shown({ dataset, backbone, shot, classifier, loss, seed_lower, seed_upper }: ResultRow) {
  return {
    panel: labelOf({ dataset, backbone, shot, classifier }),
    loss,
    lower: seed_lower,
    upper: seed_upper,
  };
}

/** A plot of small ones, each with the values of its panel, in the order of the values. */
function panels<T extends { readonly panel: string }>(title: string, values: readonly T[], columns: number) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    title,
    config: { font: 'DejaVu Sans', axis: { labelLimit: 400 } },
    data: { values: [...values] },
    facet: {
      field: 'panel',
      type: 'nominal' as const,
      sort: [...new Set(values.map(({ panel }) => panel))],
      title: null,
    },
    columns,
  };
}
