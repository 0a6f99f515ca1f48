/**
 * Plots of a suite's tables as Vega-Lite specifications: accuracy by batch size and by steps, differences to the
 * reference, similarities of pairs, and the embeddings.
 */

import type { TopLevelSpec } from 'vega-lite';
import { type MapRow, type ResultRow, rowTitle, type SimilarityRow, titleWithoutSteps } from '../index.ts';
import { type Estimate, intervalAxis } from './interval-axis.ts';

export type PlotSpec = TopLevelSpec;

/**
 * Accuracy over batch size. Each panel shows a data set × backbone × shot × classifier, each line a loss, each band the
 * loss's 95 % interval over seeds or folds. Null if there is only one batch size.
 */
export function batchSizePlot(rows: readonly ResultRow[]): PlotSpec | null {
  return linePlot(accuracies(rows), 'batch size', ({ loss, batch_size }) => ({
    line: loss,
    at: batch_size!,
  }));
}

/** Accuracy over the steps of a training, in the panels of `batchSizePlot`. Null with one budget, or with several batch sizes. */
export function stepsPlot(rows: readonly ResultRow[]): PlotSpec | null {
  const shown = accuracies(rows).filter(({ steps }) => steps !== null);
  if (new Set(shown.map(({ batch_size }) => batch_size)).size > 1) return null;
  return linePlot(shown, 'steps', ({ loss, steps }) => ({ line: titleWithoutSteps(loss), at: steps! }));
}

function linePlot(
  rows: readonly ResultRow[],
  axis: string,
  placeOf: (row: ResultRow) => { readonly line: string; readonly at: number },
): PlotSpec | null {
  const { domain, fitted } = intervalAxis(rows.map(estimateOf), [0, 100]);
  const values = rows.map((row) => {
    const { line, at } = placeOf(row);
    return { panel: panelOf(row), loss: line, at, value: row.value, ...fitted(estimateOf(row)) };
  });
  if (new Set(values.map(({ at }) => at)).size < 2) return null;
  const x = { field: 'at', type: 'quantitative' as const, scale: { type: 'log' as const, base: 2 } };
  const color = { field: 'loss', type: 'nominal' as const, sort: null };
  const scale = domain === undefined ? { zero: false } : { domain: [...domain], nice: false };
  const caption = domain && 'Bands end at the edge of the axis where intervals reach farther.';
  return {
    ...panels(`Accuracy by ${axis}, with its 95 % interval over ${unitOf(rows)}s`, values, 2, caption),
    spec: {
      width: 320,
      height: 240,
      layer: [
        {
          mark: { type: 'area', opacity: 0.2 },
          encoding: {
            x: { ...x, title: axis, axis: { values: values.map(({ at }) => at) } },
            y: { field: 'lower', type: 'quantitative', title: 'accuracy, %', scale },
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

/**
 * Differences to the reference with their 95 % intervals (a forest plot), in the panels of `batchSizePlot`. Null without
 * differences.
 */
export function differencePlot(rows: readonly ResultRow[]): PlotSpec | null {
  const compared = accuracies(rows).flatMap((row) => {
    const estimate = differenceOf(row, rows);
    return estimate === undefined ? [] : [{ row, estimate }];
  });
  if (compared.length === 0) return null;
  const estimates = compared.map(({ estimate }) => estimate);
  const { domain, fitted } = intervalAxis(estimates, [-100, 100], [0]);
  const values = compared.map(({ row, estimate }) => ({
    panel: panelOf(row),
    loss: row.loss,
    method: `${row.loss}, batch ${row.batch_size}`,
    difference: estimate.point,
    ...fitted(estimate),
  }));
  const { reference } = compared[0]!.row;
  const y = { field: 'method', type: 'nominal' as const, sort: null, title: null };
  const caption = domain && 'Arrows: the interval reaches beyond the axis.';
  return {
    ...panels(`Differences paired by ${unitOf(rows)}, with their 95 % intervals`, values, 2, caption),
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
              ...(domain && { scale: { domain: [...domain], nice: false } }),
            },
            x2: { field: 'upper' },
          },
        },
        {
          mark: { type: 'point', filled: true, opacity: 1, color: 'black' },
          encoding: { y, x: { field: 'difference', type: 'quantitative' } },
        },
        ...(domain === undefined
          ? []
          : [
              arrows('cutLower', 'lower', 'triangle-left', y),
              arrows('cutUpper', 'upper', 'triangle-right', y),
            ]),
      ],
    },
  };
}

/** Similarities of pairs within and between classes, one panel per trained setting; null without rows. */
export function similarityPlot(rows: readonly SimilarityRow[]): PlotSpec | null {
  const values = rows.map(({ dataset, backbone, loss, batch_size, pairs, lower, upper, share }) => ({
    panel: rowTitle({ dataset, backbone, loss, batch_size }),
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

/**
 * The embeddings of one seed on a plane, coloured by class. Each trained setting has a panel with its own axes. Null
 * without rows.
 */
export function embeddingMapPlot(rows: readonly MapRow[]): PlotSpec | null {
  const values = rows.map(({ dataset, backbone, loss, batch_size, class: className, x, y }) => ({
    panel: rowTitle({ dataset, backbone, loss, batch_size }),
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

function panelOf({ dataset, backbone, shot, classifier }: ResultRow): string {
  return rowTitle({ dataset, backbone, shot, classifier });
}

function estimateOf(row: ResultRow): Estimate {
  return { point: row.value, lower: row.seed_lower, upper: row.seed_upper, units: unitsOf(row) };
}

/** With folds, an interval is over the means of the folds. */
function unitsOf({ folds, seeds }: ResultRow): number {
  return folds ?? seeds;
}

function unitOf(rows: readonly ResultRow[]): 'fold' | 'seed' {
  return rows.some(({ folds }) => folds !== null) ? 'fold' : 'seed';
}

/** The difference to the reference, over the seeds or folds of both; undefined for the reference itself. */
function differenceOf(row: ResultRow, rows: readonly ResultRow[]): Estimate | undefined {
  const { difference, difference_lower: lower, difference_upper: upper } = row;
  if (difference === null) return undefined;
  const reference = rows.find(
    (other) =>
      other.loss === row.reference &&
      other.measure === row.measure &&
      other.batch_size === row.batch_size &&
      panelOf(other) === panelOf(row),
  );
  return { point: difference, lower, upper, units: Math.min(unitsOf(row), unitsOf(reference ?? row)) };
}

/** Arrows at the ends that the axis cuts off. */
function arrows<Y>(flag: string, field: string, shape: string, y: Y) {
  return {
    transform: [{ filter: `datum.${flag}` }],
    mark: { type: 'point' as const, shape, filled: true, opacity: 1, color: 'black', aria: false },
    encoding: { y, x: { field, type: 'quantitative' as const } },
  };
}

/** A plot of one small plot per panel, in the order of the values. */
export function panels<T extends { readonly panel: string }>(
  title: string,
  values: readonly T[],
  columns: number,
  caption?: string,
) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    title: caption === undefined ? title : { text: title, subtitle: caption },
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
