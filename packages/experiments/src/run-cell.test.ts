import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getBackbone, saveSafetensors, toTorch } from '@clce/backbones';
import { type Dataset, getDataset, trainingBatches } from '@clce/datasets';
import { getLoss } from '@clce/losses';
import { type CellResult, parseCellResult } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from './run-cell.ts';
import { type CellSpec, expand } from './suite/cell.ts';
import { inputFiles } from './suite/input-files.ts';
import type { Preset } from './suite/preset.ts';
import { tinyPreset } from './testing/tiny-preset.ts';
import { snapshotsIn } from './training/snapshot.ts';
import { weightDraw } from './training/weight-draw.ts';

const preset: Preset = tinyPreset;

describe('a cell, from its specification to its result', () => {
  const dataRoot = mkdtempSync(join(tmpdir(), 'clce-cells-'));
  let dataset: Dataset;
  let cells: CellSpec[];
  const results = new Map<string, CellResult>();
  const run = (spec: CellSpec, threads = 1) => runCell(spec, { dataRoot, threads });

  beforeAll(async () => {
    cpSync(process.env['CLCE_TEST_FEW_ICONS']!, dataRoot, { recursive: true });
    dataset = await getDataset('icons').load({ dataRoot, size: preset.imageSize });
    cells = expand(preset, new Map([['icons', dataset.manifestHash]])).map(({ spec }) => spec);
    for (const spec of cells)
      results.set(spec.kind === 'training' ? spec.loss.name : spec.kind, await run(spec));
  });
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

  it('a loss of two views sees the same samples, and one in micro-batches learns from the whole batch', async () => {
    const ce = cells[1] as Extract<CellSpec, { kind: 'training' }>;
    const { dataOrder, initialWeights, positives } = results.get('ce')!.training!;
    const twoViews = await run({ ...ce, loss: { name: 'ce+hcl', parameters: getLoss('ce+hcl').defaults } });
    expect(twoViews.training).toMatchObject({ dataOrder, initialWeights, positives: 1 });
    const cached = await run({ ...ce, recipe: { ...ce.recipe, microBatch: 5 } });
    expect(cached.training).toMatchObject({ dataOrder, initialWeights, positives });
    // Batch norm sees five images instead of sixteen: near, not equal.
    const [plain, inParts] = [results.get('ce')!, cached].map(({ training }) => training!.curve[0]!.loss);
    expect(inParts).not.toBe(plain);
    expect(Math.abs(inParts! / plain! - 1)).toBeLessThan(0.2);
  });

  it('a projection head and a batch of groups change what the contrastive term sees', async () => {
    const clce = cells.at(-1) as Extract<CellSpec, { kind: 'training' }>;
    const lossOf = ({ training }: CellResult) => training!.curve[0]!.contrastive;
    const projected = await run({ ...clce, recipe: { ...clce.recipe, projection: 'mlp' } });
    expect(projected.training!.dataOrder).toBe(results.get('clce')!.training!.dataOrder);
    expect(lossOf(projected)).not.toBe(lossOf(results.get('clce')!));
    const groups = await run({ ...clce, recipe: { ...clce.recipe, samplesPerClass: 4 } });
    expect(groups.training!.positives).toBe(1);
    expect(results.get('clce')!.training!.positives).toBeLessThan(0.5);
  });

  it('pretrained weights: what training starts from, known by their hash', async () => {
    const ce = cells[1] as Extract<CellSpec, { kind: 'training' }>;
    const { parameters, statistics } = getBackbone('conv4').initialise(16, weightDraw(99));
    const tensors = Object.entries({ ...parameters, ...statistics }).map(
      ([tensor, value]) => [tensor, toTorch(tensor, value)] as const,
    );
    const path = join(dataRoot, 'conv4.safetensors');
    await saveSafetensors(path, Object.fromEntries(tensors));
    const hashesOf = async () => (await inputFiles({ ...preset, weights: { conv4: path } })).hashes;
    const hashes = await hashesOf();
    const hash = hashes.weights.get('conv4')!;
    const [, , planned] = expand(preset, new Map([['icons', dataset.manifestHash]]), hashes);
    expect(planned!.spec).toEqual({ ...ce, weights: hash });

    const files = { [hash]: path };
    const context = { dataRoot, threads: 1, inputPaths: files };
    const started = await runCell(planned!.spec, context);
    expect(started.training!.dataOrder).toBe(results.get('ce')!.training!.dataOrder);
    expect(started.training!.initialWeights).not.toBe(results.get('ce')!.training!.initialWeights);
    // The file decides, whatever the seed draws; the head is still drawn.
    const at = { ...ce, recipe: { ...ce.recipe, normalisation: 'inception' as const } };
    const other = await runCell({ ...at, weights: hash }, context);
    expect(other.training!.initialWeights).toBe(started.training!.initialWeights);
    expect(other.training!.curve).not.toEqual(started.training!.curve);

    await saveSafetensors(path, Object.fromEntries(tensors.slice(1)));
    await expect(runCell(planned!.spec, context)).rejects.toThrow(/conv4\.safetensors has changed/);
    const spec = { ...ce, weights: (await hashesOf()).weights.get('conv4')! };
    await expect(runCell(spec, { ...context, inputPaths: { [spec.weights]: path } })).rejects.toThrow(
      /lacks/,
    );
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

  describe('interrupted after some steps', () => {
    const file = () => join(dataRoot, 'snapshot.safetensors');

    /** Runs until that many steps are done, as after Ctrl-C. */
    async function interrupt(spec: CellSpec, after: number, everyMs = 1e9): Promise<void> {
      const stop = new AbortController();
      const stopped = runCell(spec, {
        dataRoot,
        threads: 1,
        signal: stop.signal,
        snapshots: snapshotsIn(file(), 'a cell', everyMs, () => {}),
        onProgress: ({ step }) => {
          if (step === after) stop.abort(new Error('Ctrl-C'));
        },
      });
      await expect(stopped).rejects.toThrow('Ctrl-C');
    }

    async function resume(
      spec: CellSpec,
      key = 'a cell',
    ): Promise<{ result: CellResult; steps: number[]; notes: string[] }> {
      const steps: number[] = [];
      const notes: string[] = [];
      const result = await runCell(spec, {
        dataRoot,
        threads: 1,
        snapshots: snapshotsIn(file(), key, 1e9, (note) => notes.push(note)),
        onNote: (note) => notes.push(note),
        onProgress: ({ step }) => steps.push(step),
      });
      rmSync(file());
      return { result, steps, notes };
    }

    it.each([1, 2, 3])('it goes on after step %d to the same bytes', async (after) => {
      const clce = cells.at(-1)!;
      await interrupt(clce, after);
      const { result, steps } = await resume(clce);
      expect(steps).toEqual([after, ...[1, 2, 3, 4].filter((step) => step > after)]);
      expect(JSON.stringify(result)).toBe(JSON.stringify(results.get('clce')));
    });

    it('a snapshot taken on the way is as good; a damaged one counts for nothing', async () => {
      const clce = cells.at(-1)!;
      await interrupt(clce, 3, 0);
      const bytes = readFileSync(file());
      const flipped = Buffer.from(bytes);
      flipped[flipped.length - 5]! ^= 1;
      for (const damaged of [flipped, bytes.subarray(0, 1000), bytes.subarray(0, -1)]) {
        writeFileSync(file(), damaged);
        const lines: string[] = [];
        expect(await snapshotsIn(file(), 'a cell', 1, (line) => lines.push(line)).load()).toBeUndefined();
        expect(lines).toEqual([expect.stringContaining(`${file()} cannot be believed: `)]);
      }
      const { result, steps, notes } = await resume(clce);
      expect(steps).toEqual([1, 2, 3, 4]);
      expect(notes).toEqual([expect.stringMatching(/the cell starts over$/)]);
      expect(JSON.stringify(result)).toBe(JSON.stringify(results.get('clce')));
    });

    it('a snapshot of another cell with the same graph counts for nothing', async () => {
      const clce = cells.at(-1)!;
      await interrupt(clce, 3);
      const { result, steps, notes } = await resume(clce, 'another cell');
      expect(steps).toEqual([1, 2, 3, 4]);
      const line = `${file()} cannot be believed: it belongs to "a cell"; the cell starts over`;
      expect(notes).toEqual([line]);
      expect(JSON.stringify(result)).toBe(JSON.stringify(results.get('clce')));
    });

    it('a snapshot of another graph counts for nothing', async () => {
      const [, ce] = cells as [CellSpec, CellSpec];
      await interrupt(ce, 3);
      const { result, steps, notes } = await resume(cells.at(-1)!);
      expect(steps).toEqual([1, 2, 3, 4]);
      expect(notes).toEqual(['the snapshot is of another training graph; the cell starts over']);
      expect(JSON.stringify(result)).toBe(JSON.stringify(results.get('clce')));
    });
  });

  it('a result survives storage', () => {
    const result = results.get('clce')!;
    expect(parseCellResult(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(() => parseCellResult({ scores: [] })).toThrow();
  });

  it.each([
    { what: 'a loss', rate: 1e30, microBatch: undefined, message: /the loss is (NaN|Infinity) at step/ },
    { what: 'a loss', rate: 1e30, microBatch: 5, message: /the loss is (NaN|Infinity) at step/ },
    {
      // Its step has a finite loss. The next one names it.
      what: 'a weight',
      rate: 1e42,
      microBatch: undefined,
      message: /the loss is NaN at step 2:/,
    },
    { what: 'a gradient', rate: 1e17, microBatch: undefined, message: /gradient’s norm is NaN at step/ },
    { what: 'a gradient', rate: 1e17, microBatch: 5, message: /gradient’s norm is NaN at step/ },
  ])(
    '$what that is not a number stops training, names the step and the batch’s samples, and is in no checkpoint (rate $rate, micro-batch $microBatch)',
    async ({ rate, microBatch, message }) => {
      const spec = cells[1] as Extract<CellSpec, { kind: 'training' }>;
      const sgd = { optimizer: 'sgd' as const, learningRate: rate, budget: { steps: 30 }, warmup: 0 };
      const recipe = { ...spec.recipe, ...sgd, ...(microBatch !== undefined && { microBatch }) };
      const snapshots = snapshotsIn(
        join(dataRoot, `wild-${rate}-${microBatch}.safetensors`),
        'a cell',
        0,
        () => {},
      );
      const failed = runCell({ ...spec, recipe }, { dataRoot, threads: 1, snapshots });
      const error = await failed.then(String, (reason: Error) => reason.message);
      expect(error).toMatch(message);
      const [, step, ids] = /at step (\d+): .* \(batch: (.*)\)$/.exec(error)!;
      const { rows } = trainingBatches({
        dataset,
        classIndices: dataset.split.base,
        batchSize: spec.batchSize,
        seed: spec.seed,
        statistics: { mean: [0, 0, 0], std: [1, 1, 1] },
      }).batchAt(Number(step) - 1);
      expect(ids!.split(', ')).toEqual(Array.from(rows, (row) => dataset.samples[row]!.id));

      const last = await snapshots.load();
      const done =
        (last?.notes as { notes: { training: { done: number } } } | undefined)?.notes.training.done ?? 0;
      expect(done).toBe(rate === 1e42 ? 0 : Number(step) - 1);
    },
  );

  it('a data set that changed since the cell was planned is refused', async () => {
    const [first] = cells;
    const stale = { ...first!, dataset: { ...first!.dataset, manifestHash: '0'.repeat(64) } };
    await expect(run(stale)).rejects.toThrow(/icons has changed/);
  });
});
