import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, getDataset } from '@clce/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CellSpec, expand } from './cell.ts';
import { type CellResult, parseCellResult, runCell } from './run-cell.ts';
import type { Preset } from './suite.ts';

const preset: Preset = {
  datasets: ['icons'],
  imageSize: 16,
  backbones: ['conv4'],
  losses: [{ name: 'ce' }, { name: 'ce+supcon' }, { name: 'clce' }],
  batchSizes: [16],
  seeds: [3],
  engine: 'onnx',
  recipe: {
    optimizer: 'adamw',
    learningRate: 1e-3,
    weightDecay: 0.05,
    steps: 4,
    warmupSteps: 1,
    crop: true,
    horizontalFlip: true,
  },
  protocol: {
    kind: 'few-shot',
    classes: 'novel',
    way: 5,
    shots: [1],
    query: 5,
    episodes: 20,
    seed: 1,
    classifiers: ['logistic-regression', 'nearest-centroid'],
  },
};

describe('a cell, from its specification to its result', () => {
  const dataRoot = mkdtempSync(join(tmpdir(), 'clce-cells-'));
  let dataset: Dataset;
  let cells: CellSpec[];
  const results = new Map<string, CellResult>();
  const run = (spec: CellSpec, threads = 1) => runCell(spec, { dataRoot, threads });

  beforeAll(async () => {
    dataset = await getDataset('icons').load({ root: dataRoot, size: preset.imageSize });
    cells = expand(preset, new Map([['icons', dataset.manifestHash]]));
    for (const spec of cells)
      results.set(spec.kind === 'pixels' ? 'pixels' : spec.loss.name, await run(spec));
  }, 180_000);
  afterAll(() => rmSync(dataRoot, { recursive: true }));

  it('the pixel baseline is evaluated without training', () => {
    expect(results.get('pixels')?.training).toBeNull();
    expect(results.get('pixels')?.scores.map(({ classifier }) => classifier)).toEqual(['nearest-centroid']);
  });

  it('losses that are compared start from the same weights and see the same batches', () => {
    const records = ['ce', 'ce+supcon', 'clce'].map((loss) => results.get(loss)!.training!);
    expect(new Set(records.map(({ initialWeights }) => initialWeights)).size).toBe(1);
    expect(new Set(records.map(({ dataOrder }) => dataOrder)).size).toBe(1);
    expect(new Set(records.map(({ curve }) => curve.at(-1)!.loss)).size).toBe(3);
  });

  it('another seed starts from other weights and other batches', async () => {
    const { initialWeights, dataOrder } = results.get('ce')!.training!;
    const other = await run({ ...cells[1], seed: 4 } as CellSpec);
    expect(other.training!.initialWeights).not.toBe(initialWeights);
    expect(other.training!.dataOrder).not.toBe(dataOrder);
  });

  it('run again, on two threads, it gives the same bytes', async () => {
    const again = await run(cells.at(-1)!, 2);
    expect(JSON.stringify(again)).toBe(JSON.stringify(results.get('clce')));
  });

  it('a result survives storage', () => {
    const result = results.get('clce')!;
    expect(parseCellResult(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(() => parseCellResult({ scores: [] })).toThrow();
  });

  it('a loss that is not a number stops training and says where', async () => {
    const spec = cells[1] as Extract<CellSpec, { kind: 'training' }>;
    const wild = {
      ...spec,
      recipe: { ...spec.recipe, optimizer: 'sgd' as const, learningRate: 1e30, steps: 30, warmupSteps: 0 },
    };
    await expect(run(wild)).rejects.toThrow(/the loss is (NaN|Infinity) at step \d+: .* \(batch: \S+:\S+, /);
  });

  it('a data set that changed since the cell was planned is refused', async () => {
    const [first] = cells;
    const stale = { ...first!, dataset: { ...first!.dataset, manifestHash: '0'.repeat(64) } };
    await expect(run(stale)).rejects.toThrow(/icons has changed/);
  });
});
