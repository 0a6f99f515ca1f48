/** Plots of tuning: what the best of fewer trials would have been. */
import { expectedBest, expectedBestDifference } from '@clce/statistics';
import { groupBy } from '../group-by.ts';
import { rowTitle, type TrialRow } from '../index.ts';
import { type PlotSpec, panels } from './plots.ts';

/** A trial that diverged counts as this accuracy, the worst there is. */
const DIVERGED = 0;

/** Of the resampling of the band. */
const SEED = 0;

/**
 * Expected best validation accuracy of k of the trials, a line a method, and a panel a data set, backbone and batch size. Null
 * without trials.
 */
export function trialPlot(rows: readonly TrialRow[]): PlotSpec | null {
  if (rows.length === 0) return null;
  const values = curvesOf(rows).flatMap(({ panel, method, means }) =>
    expectedBest(means, DIVERGED).map((value, at) => ({ panel, method, k: at + 1, value })),
  );
  return {
    ...panels('Expected best validation accuracy', values, 2, captionOf(rows)),
    spec: {
      width: 320,
      height: 240,
      mark: { type: 'line', point: true },
      encoding: {
        x: trialAxis(values),
        y: { field: 'value', type: 'quantitative', title: 'validation accuracy, %', scale: { zero: false } },
        color: { field: 'method', type: 'nominal', sort: null },
      },
    },
  };
}

/** The differences of these curves to the reference's, with their descriptive bands. Null without another method. */
export function trialDifferencePlot(rows: readonly TrialRow[], reference: string): PlotSpec | null {
  const curves = curvesOf(rows);
  const values = curves.flatMap(({ panel, method, means }) => {
    const other = curves.find((one) => one.panel === panel && one.method === reference);
    if (other === undefined || method === reference) return [];
    const differences = expectedBestDifference(means, other.means, {
      divergedAccuracy: DIVERGED,
      seed: SEED,
    });
    return differences.map((one) => ({ panel, method, ...one }));
  });
  if (values.length === 0) return null;
  const x = trialAxis(values);
  const color = { field: 'method', type: 'nominal' as const, sort: null };
  const title = `difference to ${reference}, points`;
  const caption = `${captionOf(rows)} Bands: 95 % of resampled trials; descriptive, no confidence intervals.`;
  return {
    ...panels(`Expected best validation accuracy: difference to ${reference}`, values, 2, caption),
    spec: {
      width: 320,
      height: 240,
      layer: [
        { mark: { type: 'rule', color: '#999' }, encoding: { y: { datum: 0 } } },
        {
          mark: { type: 'area', opacity: 0.2 },
          encoding: { x, y: { field: 'lower', type: 'quantitative', title }, y2: { field: 'upper' }, color },
        },
        {
          mark: { type: 'line', point: true },
          encoding: { x, y: { field: 'difference', type: 'quantitative' }, color },
        },
      ],
    },
  };
}

function trialAxis(values: readonly { readonly k: number }[]) {
  const ticks = [...new Set(values.map(({ k }) => k))].filter((k) => Number.isInteger(Math.log2(k)));
  return { field: 'k', type: 'quantitative' as const, title: 'k', axis: { values: ticks, format: 'd' } };
}

function captionOf(rows: readonly TrialRow[]): string {
  const trials = new Set(rows.map(({ trial }) => trial)).size;
  const lost = rows.some(({ mean }) => mean === null) ? ' A trial that diverged counts as 0 %.' : '';
  return `Best of k of these ${trials} trials.${lost}`;
}

function curvesOf(rows: readonly TrialRow[]) {
  const panelOf = ({ dataset, backbone, batch_size }: TrialRow) =>
    rowTitle({ dataset, backbone, batch_size });
  return [...groupBy(rows, (row) => JSON.stringify([panelOf(row), row.method])).values()].map((group) => ({
    panel: panelOf(group[0]),
    method: group[0].method,
    means: group.toSorted((one, other) => one.trial - other.trial).map(({ mean }) => mean),
  }));
}
