import { describe, expect, it } from 'vitest';
import type { MapRow, ResultRow, SimilarityRow } from '../index.ts';
import { batchSizePlot, differencePlot, embeddingMapPlot, similarityPlot, stepsPlot } from './plots.ts';
import { renderPlot } from './render.ts';

const row = (loss: string, batch: number, value: number, difference: number | null = null) =>
  ({
    dataset: 'icons',
    backbone: 'conv4',
    loss,
    batch_size: batch,
    shot: 5,
    classifier: 'nearest-centroid',
    measure: 'accuracy',
    value,
    seed_lower: value - 1,
    seed_upper: value + 1,
    ...{ seeds: 3, folds: null },
    reference: difference === null ? null : 'CE',
    difference,
    difference_lower: difference === null ? null : difference - 0.5,
    difference_upper: difference === null ? null : difference + 0.5,
  }) as ResultRow;

const rows = [row('CE', 16, 80), row('CE', 64, 82), row('CLCE', 16, 81, 1), row('CLCE', 64, 80, -2)];

/** Horizontal places of the drawn points of the layer of that mark. */
function pointsOf(svg: string): { x: number; y: number }[] {
  return [...svg.matchAll(/aria-roledescription="point" transform="translate\(([\d.]+),([\d.]+)\)"/g)].map(
    ([, x, y]) => ({ x: Number(x), y: Number(y) }),
  );
}

describe('plots', () => {
  it('accuracy over batch size: one point per row, even spacing of doublings, higher for better', async () => {
    const { svg } = await renderPlot(batchSizePlot([...rows, row('CE', 32, 82)])!);
    const points = pointsOf(svg);
    expect(points).toHaveLength(5);
    const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b);
    expect(xs).toHaveLength(3);
    expect(xs[1]! - xs[0]!).toBeCloseTo(xs[2]! - xs[1]!, 3);
    // CE at 16 (80 %) lies lower on the page than CLCE there (81 %).
    expect(points[0]!.y).toBeGreaterThan(points.find(({ x }, at) => at > 0 && x === points[0]!.x)!.y);
    for (const text of ['batch size', 'CLCE', 'icons · conv4 · 5-shot · nearest-centroid']) {
      expect(svg).toContain(text);
    }
  });

  it('accuracy over steps: a line for each method, whatever its budget', async () => {
    const trained = (loss: string, steps: number, value: number) => ({
      ...row(`${loss}, ${steps} steps`, 64, value),
      steps,
    });
    const budgets = [trained('CE', 400, 80), trained('CE', 800, 82), trained('CLCE, λ = 0.5', 400, 79)];
    const { svg } = await renderPlot(stepsPlot(budgets)!);
    expect(pointsOf(svg)).toHaveLength(3);
    for (const text of ['>steps<', '>CE<', '>CLCE, λ = 0.5<', '>400<', '>800<']) expect(svg).toContain(text);
    expect(stepsPlot(budgets.filter(({ steps }) => steps === 400))).toBeNull();
    expect(stepsPlot([...budgets, { ...trained('CE', 200, 80), batch_size: 128 }])).toBeNull();
  });

  it('differences: one point per compared row, right of zero if the method is better', async () => {
    const { svg } = await renderPlot(differencePlot(rows)!);
    const points = pointsOf(svg);
    expect(points).toHaveLength(2);
    expect(points[0]!.x).toBeGreaterThan(points[1]!.x);
    expect(svg).toContain('difference to CE, points of accuracy');
  });

  describe('with two seeds and their wide intervals', () => {
    const wide = rows.map((one) => ({
      ...one,
      seeds: 2,
      seed_lower: one.value - 60,
      seed_upper: one.value + 60,
      difference_lower: one.difference === null ? null : one.difference - 80,
      difference_upper: one.difference === null ? null : one.difference + 0.25,
    }));
    const labels = (svg: string) =>
      [...svg.matchAll(/<text[^>]*>([−+\d.]+)<\/text>/g)].map(([, text]) => Number(text!.replace('−', '-')));

    it('differences: the points set the axis, and an arrow marks an interval beyond it', async () => {
      const { svg } = await renderPlot(differencePlot(wide)!);
      expect(Math.min(...labels(svg))).toBeGreaterThanOrEqual(-4);
      expect(pointsOf(svg)).toHaveLength(2);
      expect(svg).toContain('Arrows: the interval reaches beyond the axis.');
      // A path that is no circle, at the left end of each rule.
      const triangles = [
        ...svg.matchAll(/<path (?![^>]*aria-roledescription="point")[^>]*transform="translate\(0,/g),
      ];
      expect(triangles.length).toBeGreaterThanOrEqual(2);
    });

    it('accuracy: the points set the axis, which stays within 0 and 100 %', async () => {
      const { svg } = await renderPlot(batchSizePlot(wide)!);
      const accuracies = labels(svg).filter((value) => value > 64 || value < 16);
      expect(Math.min(...accuracies)).toBeGreaterThanOrEqual(78);
      expect(Math.max(...accuracies)).toBeLessThanOrEqual(84);
      expect(svg).toContain('Bands end at the edge of the axis');
      const three = rows.map((one) => ({ ...one, seed_lower: one.value - 60, seed_upper: one.value + 60 }));
      const { svg: limited } = await renderPlot(batchSizePlot(three)!);
      expect(Math.max(...labels(limited))).toBe(100);
    });
  });

  it('with folds, the intervals are over folds and set the axis, however few seeds a fold has', async () => {
    const folded = (folds: number) =>
      rows.map((one) => ({ ...one, seeds: 2, folds, seed_lower: one.value - 9, difference_lower: -9 }));
    for (const plotOf of [batchSizePlot, differencePlot]) {
      expect((await renderPlot(plotOf(folded(8))!)).svg).not.toMatch(/Arrows|Bands/);
      expect((await renderPlot(plotOf(folded(2))!)).svg).toMatch(/Arrows|Bands/);
      expect(JSON.stringify(plotOf(folded(8)))).toMatch(/over folds|paired by fold/);
      expect(JSON.stringify(plotOf(rows))).toMatch(/over seeds|paired by seed/);
    }
  });

  it('have no caption about cut intervals if every interval fits', async () => {
    for (const plot of [differencePlot(rows)!, batchSizePlot(rows)!]) {
      expect((await renderPlot(plot)).svg).not.toMatch(/Arrows|Bands/);
    }
  });

  it('similarities: two areas per setting, higher for more pairs', async () => {
    const loss = { loss: 'CLCE', loss_name: 'clce' };
    const setting = {
      ...{ dataset: 'icons', backbone: 'conv4', ...loss, batch_size: 64, evaluated_on: 'novel' as const },
      ...{ seeds: 2, folds: null },
    };
    const bins = [-1, -0.5, 0, 0.5].map((lower) => ({ lower, upper: lower + 0.5 }));
    const rows: SimilarityRow[] = [
      ...bins.map((bin, at) => ({
        ...setting,
        pairs: 'within class' as const,
        ...bin,
        share: [0, 0, 10, 90][at]!,
      })),
      ...bins.map((bin, at) => ({
        ...setting,
        pairs: 'between classes' as const,
        ...bin,
        share: [20, 70, 10, 0][at]!,
      })),
    ];
    const { svg } = await renderPlot(
      similarityPlot([...rows, ...rows.map((one) => ({ ...one, loss: 'CE' }))])!,
    );
    expect(svg.match(/aria-roledescription="area mark"/g)).toHaveLength(4);
    for (const text of ['icons · conv4 · CLCE · batch 64', 'within class', '% of pairs']) {
      expect(svg).toContain(text);
    }
  });

  it('embeddings: one point per sample, in the colour of its class', async () => {
    const sample = (of: string, x: number, y: number) =>
      ({ dataset: 'icons', backbone: 'conv4', loss: 'CE', batch_size: 64, class: of, x, y }) as MapRow;
    const samples = [sample('star', 1, 0), sample('moon', -1, 0), sample('star', 0, 1)];
    const { svg } = await renderPlot(embeddingMapPlot(samples)!);
    const [star, moon, other] = pointsOf(svg);
    expect(star!.x).toBeGreaterThan(moon!.x);
    expect(other!.y).toBeLessThan(star!.y);
    const colours = [...svg.matchAll(/aria-roledescription="point"[^>]* fill="([^"]+)"/g)].map(
      ([, fill]) => fill,
    );
    expect(colours).toHaveLength(3);
    expect(colours[0]).toBe(colours[2]);
    expect(colours[0]).not.toBe(colours[1]);
  });

  it('draw classes and losses of any name', async () => {
    const hostile = '\u001b]0;x\u0007<b>&"\ud800\ufffe';
    const sample = (of: string, x: number) =>
      ({ dataset: 'icons', backbone: 'conv4', loss: hostile, batch_size: 64, class: of, x, y: x }) as MapRow;
    const { svg } = await renderPlot(embeddingMapPlot([sample(hostile, 1), sample('moon', 0)])!);
    expect(svg).toContain(String.raw`\u001b]0;x\u0007&lt;b&gt;`);
    expect(svg).not.toContain('\u001b');
  });

  it('render to the same bytes each time, with a PNG of twice the size', async () => {
    const spec = differencePlot(rows)!;
    const [once, again] = [await renderPlot(spec), await renderPlot(spec)];
    expect(once.svg).toBe(again.svg);
    expect(Buffer.compare(once.png, again.png)).toBe(0);
    const view = new DataView(once.png.buffer, once.png.byteOffset);
    const [, width] = /<svg[^>]* width="(\d+)/.exec(once.svg)!;
    expect(view.getUint32(0)).toBe(0x89504e47);
    expect(view.getUint32(16)).toBe(2 * Number(width));
  });

  it('are null without rows to draw', () => {
    expect(batchSizePlot(rows.filter(({ batch_size }) => batch_size === 16))).toBeNull();
    expect(differencePlot(rows.filter(({ loss }) => loss === 'CE'))).toBeNull();
    expect(similarityPlot([])).toBeNull();
    expect(embeddingMapPlot([])).toBeNull();
  });
});
