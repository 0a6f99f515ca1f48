import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, getDataset } from '@clce/datasets';
import { openOnnxModel } from '@clce/engine';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from '../run-cell.ts';
import { expand, type TrainingSpec } from '../suite/cell.ts';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { type TrainingGraph, trainingGraph } from './export-graph.ts';

const PYTHON = '/usr/bin/python3';
const checker = existsSync(PYTHON) && !(await execa(PYTHON, ['-c', 'import onnx'], { reject: false })).failed;

describe('an exported training step', () => {
  const root = mkdtempSync(join(tmpdir(), 'clce-graph-'));
  const path = join(root, 'step.onnx');
  let dataset: Dataset;
  let spec: TrainingSpec;
  let graph: TrainingGraph;

  beforeAll(async () => {
    cpSync(process.env['CLCE_TEST_FEW_ICONS']!, root, { recursive: true });
    dataset = await getDataset('icons').load({ dataRoot: root, size: tinyPreset.imageSize });
    const cells = expand(tinyPreset, new Map([['icons', dataset.manifestHash]]));
    spec = cells.at(-1)!.spec as TrainingSpec;
    graph = await trainingGraph(spec, dataset);
    writeFileSync(path, graph.bytes);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('gives the loss of the first step, and weights that the next one takes', async () => {
    const { training } = await runCell(
      { ...spec, recipe: { ...spec.recipe, budget: { steps: 4 } } },
      { dataRoot: root, threads: 1 },
    );
    const model = await openOnnxModel(path);
    const names = [...graph.outputs, ...Object.values(graph.updates)];
    const first = await model.run(graph.feeds, names);
    expect(first['output/loss']!.data[0]).toBe(training!.curve[0]!.loss);
    const next = Object.entries(graph.updates).map(([state, update]) => [state, first[update]!]);
    const second = await model.run({ ...graph.feeds, ...Object.fromEntries(next) }, graph.outputs);
    expect(second['output/loss']!.data[0]).toBeLessThan(first['output/loss']!.data[0]!);
    await model.dispose();
  });

  it.skipIf(!checker)('is valid for onnx itself (skipped without Debian’s python3-onnx)', async () => {
    const program = 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)';
    await execa(PYTHON, ['-c', program, path]);
  });

  it('is refused where a batch takes several graphs, with what to say', async () => {
    const inParts = { ...spec, recipe: { ...spec.recipe, microBatch: 5 } };
    await expect(trainingGraph(inParts, dataset)).rejects.toThrow(
      /several graphs: --set recipe\.microBatch=16/,
    );
  });
});
