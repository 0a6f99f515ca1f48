import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getBackbone, saveSafetensors, toTorch } from '@clce/backbones';
import { type Dataset, getDataset, trainingBatches } from '@clce/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CellSpec, expand } from './cell.ts';
import { type CellResult, parseCellResult } from './cell-result.ts';
import { weightSources } from './pretrained.ts';
import { runCell } from './run-cell.ts';
import { snapshotsIn } from './snapshot.ts';
import type { Preset } from './suite.ts';
import { tinyPreset } from './tiny-preset.ts';
import { weightDraw } from './weight-draw.ts';

const preset: Preset = tinyPreset;

describe('a cell, from its specification to its result', () => {
  const dataRoot = mkdtempSync(join(tmpdir(), 'clce-cells-'));
  let dataset: Dataset;
  let cells: CellSpec[];
  const results = new Map<string, CellResult>();
  const run = (spec: CellSpec, threads = 1) => runCell(spec, { dataRoot, threads });

  beforeAll(async () => {
    dataset = await getDataset('icons').load({ root: dataRoot, size: preset.imageSize });
    cells = expand(preset, new Map([['icons', dataset.manifestHash]])).map(({ spec }) => spec);
    for (const spec of cells)
      results.set(spec.kind === 'training' ? spec.loss.name : spec.kind, await run(spec));
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

  it('a loss of two views sees the same samples, and one in micro-batches learns from the whole batch', async () => {
    const ce = cells[1] as Extract<CellSpec, { kind: 'training' }>;
    const { dataOrder, initialWeights, positives } = results.get('ce')!.training!;
    const twoViews = await run({ ...ce, loss: { name: 'ce+hcl', parameters: {} } });
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

  it('mixed images and dropped branches: the same data, another loss, the same bytes again', async () => {
    const clce = cells.at(-1) as Extract<CellSpec, { kind: 'training' }>;
    const { dataOrder } = results.get('clce')!.training!;
    const mixed = { ...clce, recipe: { ...clce.recipe, mixup: 0.8, cutmix: 1 } };
    const once = await run(mixed);
    expect(once.training!.dataOrder).toBe(dataOrder);
    expect(once.training!.curve).not.toEqual(results.get('clce')!.training!.curve);
    expect(JSON.stringify(await run(mixed))).toBe(JSON.stringify(once));

    const budget = { steps: 1 };
    const protocol = { ...preset.protocol, classifiers: ['nearest-centroid'] } as typeof preset.protocol;
    const vit = {
      ...clce,
      backbone: 'vit-tiny',
      protocol,
      recipe: { ...clce.recipe, budget, warmup: 0 },
    };
    const lossOf = async (recipe: object) => {
      const { training } = await run({ ...vit, recipe: { ...vit.recipe, ...recipe } });
      return training!.curve[0]!.loss;
    };
    const loss = await lossOf({ dropPath: 0.5 });
    expect(loss).not.toBe(await lossOf({ dropPath: 0.1 }));
    const inParts = await lossOf({ dropPath: 0.5, microBatch: 5 });
    // A micro-batch drops what the whole batch drops for the same images.
    expect(Math.abs(inParts / loss - 1)).toBeLessThan(1e-5);
  }, 120_000);

  it('pretrained weights: what training starts from, known by their hash', async () => {
    const ce = cells[1] as Extract<CellSpec, { kind: 'training' }>;
    const { parameters, statistics } = getBackbone('conv4').initialise(16, weightDraw(99));
    const tensors = Object.entries({ ...parameters, ...statistics }).map(
      ([tensor, value]) => [tensor, toTorch(tensor, value)] as const,
    );
    const path = join(dataRoot, 'conv4.safetensors');
    await saveSafetensors(path, Object.fromEntries(tensors));
    const hashOf = async () =>
      (await weightSources({ ...preset, weights: { conv4: path } })).get('conv4')!.hash;
    const hash = await hashOf();
    const hashes = new Map([['conv4', hash]]);
    const [, , planned] = expand(preset, new Map([['icons', dataset.manifestHash]]), hashes);
    expect(planned!.spec).toEqual({ ...ce, weights: hash });

    const files = { [hash]: path };
    const context = { dataRoot, threads: 1, weightFiles: files };
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
    const spec = { ...ce, weights: await hashOf() };
    await expect(runCell(spec, { ...context, weightFiles: { [spec.weights]: path } })).rejects.toThrow(
      /lacks/,
    );
  });

  it('transfer: tests every test sample with each classifier, after training on none of them', async () => {
    const byAuthor = await getDataset('icons-by-author').load({ root: dataRoot, size: preset.imageSize });
    const testSamples = byAuthor.samples.filter(({ partition }) => partition === 'test').length;
    const cell = (loss: string) => {
      const [, spec] = expand(
        {
          ...preset,
          datasets: ['icons-by-author'],
          losses: [{ name: loss }],
          protocol: {
            kind: 'transfer',
            partition: 'test',
            validationShare: 0.1,
            checkpoints: 2,
            classifiers: ['head', 'k-nn', 'linear-probe'],
            referenceSamples: 300,
            seed: 1,
          },
        },
        new Map([['icons-by-author', byAuthor.manifestHash]]),
      );
      return spec!.spec;
    };
    const [ce, supCon] = [await run(cell('ce')), await run(cell('supcon'))];
    expect(ce.scores.map(({ classifier }) => classifier)).toEqual(['head', 'k-nn', 'linear-probe']);
    // A head that nothing trained is not tested.
    expect(supCon.scores.map(({ classifier }) => classifier)).toEqual(['k-nn', 'linear-probe']);
    for (const score of [...ce.scores, ...supCon.scores]) {
      if (score.kind !== 'transfer') throw new Error('expected scores by class');
      expect(score.tested.reduce((sum, count) => sum + count, 0)).toBe(testSamples);
      score.correct.forEach((count, k) => {
        expect(count).toBeLessThanOrEqual(score.tested[k]!);
      });
    }
    expect(ce.training!.checkpoints!.map(({ step }) => step)).toEqual([2, 4]);
    expect(parseCellResult(JSON.parse(JSON.stringify(ce)))).toEqual(ce);
    expect(JSON.stringify(await run(cell('ce')))).toBe(JSON.stringify(ce));
  }, 120_000);

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
        snapshots: snapshotsIn(file(), everyMs),
        onProgress: ({ step }) => {
          if (step === after) stop.abort(new Error('Ctrl-C'));
        },
      });
      await expect(stopped).rejects.toThrow('Ctrl-C');
    }

    async function resume(spec: CellSpec): Promise<{ result: CellResult; steps: number[] }> {
      const steps: number[] = [];
      const result = await runCell(spec, {
        dataRoot,
        threads: 1,
        snapshots: snapshotsIn(file(), 1e9),
        onProgress: ({ step }) => steps.push(step),
      });
      rmSync(file());
      return { result, steps };
    }

    it.each([1, 2, 3])('it goes on after step %d to the same bytes', async (after) => {
      const clce = cells.at(-1)!;
      await interrupt(clce, after);
      const { result, steps } = await resume(clce);
      expect(steps).toEqual([after, ...[1, 2, 3, 4].filter((step) => step > after)]);
      expect(JSON.stringify(result)).toBe(JSON.stringify(results.get('clce')));
    });

    it('transfer remembers the best weights so far', async () => {
      const byAuthor = await getDataset('icons-by-author').load({ root: dataRoot, size: preset.imageSize });
      const protocol = {
        kind: 'transfer' as const,
        partition: 'test' as const,
        validationShare: 0.1,
        checkpoints: 4,
        classifiers: ['k-nn' as const],
        referenceSamples: 100,
        seed: 1,
      };
      const transfer = { ...preset, datasets: ['icons-by-author'], losses: [{ name: 'ce' }], protocol };
      const [, planned] = expand(transfer, new Map([['icons-by-author', byAuthor.manifestHash]]));
      const whole = await run(planned!.spec);
      await interrupt(planned!.spec, 3);
      expect(JSON.stringify((await resume(planned!.spec)).result)).toBe(JSON.stringify(whole));
    }, 120_000);

    it('a snapshot taken on the way is as good; a damaged one counts for nothing', async () => {
      const clce = cells.at(-1)!;
      await interrupt(clce, 3, 0);
      const bytes = readFileSync(file());
      const flipped = Buffer.from(bytes);
      flipped[flipped.length - 5]! ^= 1;
      for (const damaged of [flipped, bytes.subarray(0, 1000), bytes.subarray(0, -1)]) {
        writeFileSync(file(), damaged);
        expect(await snapshotsIn(file(), 1).load()).toBeUndefined();
      }
      const { result, steps } = await resume(clce);
      expect(steps).toEqual([1, 2, 3, 4]);
      expect(JSON.stringify(result)).toBe(JSON.stringify(results.get('clce')));
    });

    it('a snapshot of another graph counts for nothing', async () => {
      const [, ce] = cells as [CellSpec, CellSpec];
      await interrupt(ce, 3);
      const { result, steps } = await resume(cells.at(-1)!);
      expect(steps).toEqual([1, 2, 3, 4]);
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
      what: 'a weight',
      rate: 1e42,
      microBatch: undefined,
      message: /^'\S+' holds (NaN|-?Infinity) at step 0:/,
    },
    { what: 'a gradient', rate: 1e17, microBatch: undefined, message: /gradient’s norm is NaN at step/ },
    { what: 'a gradient', rate: 1e17, microBatch: 5, message: /gradient’s norm is NaN at step/ },
  ])(
    '$what that is not a number stops training, names the step and the batch’s samples, and is in no checkpoint (rate $rate, micro-batch $microBatch)',
    async ({ rate, microBatch, message }) => {
      const spec = cells[1] as Extract<CellSpec, { kind: 'training' }>;
      const sgd = { optimizer: 'sgd' as const, learningRate: rate, budget: { steps: 30 }, warmup: 0 };
      const recipe = { ...spec.recipe, ...sgd, ...(microBatch !== undefined && { microBatch }) };
      const snapshots = snapshotsIn(join(dataRoot, `wild-${rate}-${microBatch}.safetensors`), 0);
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
      }).batchAt(Number(step));
      expect(ids!.split(', ')).toEqual(Array.from(rows, (row) => dataset.samples[row]!.id));

      const last = await snapshots.load();
      const done =
        (last?.notes as { notes: { training: { done: number } } } | undefined)?.notes.training.done ?? 0;
      expect(done).toBe(Number(step));
    },
  );

  it('a data set that changed since the cell was planned is refused', async () => {
    const [first] = cells;
    const stale = { ...first!, dataset: { ...first!.dataset, manifestHash: '0'.repeat(64) } };
    await expect(run(stale)).rejects.toThrow(/icons has changed/);
  });
});
