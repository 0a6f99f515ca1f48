import { describe, expect, it } from 'vitest';
import type { TrialRow } from '../index.ts';
import { renderPlot } from './render.ts';
import { trialDifferencePlot, trialPlot } from './trial-plots.ts';

const rowsOf = (method: string, means: readonly (number | null)[]): TrialRow[] =>
  means.map((mean, at) => ({
    ...{ dataset: 'icons', backbone: 'conv4', batch_size: 16, method, trial: at + 1, mean },
    ...{ values: {}, scores: {}, chosen: false, edge: '', diverged: '', cell: '' },
  }));

const valuesOf = (plot: object | null) =>
  (plot as { data: { values: Record<string, number | string>[] } }).data.values;

const rows = [...rowsOf('CE', [50, 70]), ...rowsOf('CLCE', [60, 90])];

describe('the plots of trials', () => {
  it('show the expected best of k trials: the mean for one, the best for all', () => {
    const values = valuesOf(trialPlot(rows)).map(({ method, k, value }) => [method, k, value]);
    expect(values).toEqual([
      ['CE', 1, 60],
      ['CE', 2, 70],
      ['CLCE', 1, 75],
      ['CLCE', 2, 90],
    ]);
  });

  it.each([0, 1])('count a trial that diverged as 0 %, at place %d, and say so', (at) => {
    const plot = trialPlot(
      rowsOf(
        'CE',
        [80, 80].map((mean, place) => (place === at ? null : mean)),
      ),
    );
    expect(valuesOf(plot).map(({ value }) => value)).toEqual([40, 80]);
    expect(JSON.stringify(plot)).toContain(
      'Best of k of these 2 trials. A trial that diverged counts as 0 %.',
    );
  });

  it('show differences to the reference with a band that is called descriptive', async () => {
    const plot = trialDifferencePlot(rows, 'CE');
    expect(valuesOf(plot).map(({ method, k, difference }) => [method, k, difference])).toEqual([
      ['CLCE', 1, 15],
      ['CLCE', 2, 20],
    ]);
    const { svg } = await renderPlot(plot!);
    expect(svg).toContain('descriptive, no confidence intervals');
    expect(svg).toContain('Best of k of these 2 trials.');
    expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(2);
  });

  it('are absent without trials, and without another method', () => {
    expect(trialPlot([])).toBeNull();
    expect(trialDifferencePlot(rowsOf('CE', [1, 2]), 'CE')).toBeNull();
  });
});
