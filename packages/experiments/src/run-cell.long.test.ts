/** Cells of one kind each, that take long: vision transformers, and transfer to a whole test set. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getDataset } from '@clce/datasets';
import { type CellResult, parseCellResult } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from './run-cell.ts';
import { type CellSpec, expand } from './suite/cell.ts';
import type { Preset } from './suite/preset.ts';
import { tinyPreset } from './testing/tiny-preset.ts';
import { snapshotsIn } from './training/snapshot.ts';

const preset: Preset = tinyPreset;

describe('a cell, from its specification to its result', () => {
  const dataRoot = mkdtempSync(join(tmpdir(), 'clce-cells-'));
  let cells: CellSpec[];
  let plain: CellResult;
  const run = (spec: CellSpec) => runCell(spec, { dataRoot, threads: 1 });

  beforeAll(async () => {
    cpSync(process.env['CLCE_TEST_ICONS']!, dataRoot, { recursive: true });
    const { manifestHash } = await getDataset('icons').load({ dataRoot, size: preset.imageSize });
    cells = expand(preset, new Map([['icons', manifestHash]])).map(({ spec }) => spec);
    plain = await run(cells.at(-1)!);
  });
  afterAll(() => rmSync(dataRoot, { recursive: true }));

  it('mixed images and dropped branches: the same data, another loss, the same bytes again', async () => {
    const clce = cells.at(-1) as Extract<CellSpec, { kind: 'training' }>;
    const { dataOrder } = plain.training!;
    const mixed = { ...clce, recipe: { ...clce.recipe, mixup: 0.8, cutmix: 1 } };
    const once = await run(mixed);
    expect(once.training!.dataOrder).toBe(dataOrder);
    expect(once.training!.curve).not.toEqual(plain.training!.curve);
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
  });

  it('transfer: tests every test sample with each classifier, after training on none of them', async () => {
    const byAuthor = await getDataset('icons-by-author').load({ dataRoot, size: preset.imageSize });
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
  });

  it('transfer that is interrupted remembers the best weights so far', async () => {
    const byAuthor = await getDataset('icons-by-author').load({ dataRoot, size: preset.imageSize });
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
    const snapshots = snapshotsIn(join(dataRoot, 'snapshot.safetensors'), 'a cell', 1e9, () => {});
    const stop = new AbortController();
    const onProgress = ({ step }: { readonly step: number }): void => {
      if (step === 3) stop.abort(new Error('Ctrl-C'));
    };
    const context = { dataRoot, threads: 1, snapshots };
    const stopped = runCell(planned!.spec, { ...context, signal: stop.signal, onProgress });
    await expect(stopped).rejects.toThrow('Ctrl-C');
    expect(JSON.stringify(await runCell(planned!.spec, context))).toBe(JSON.stringify(whole));
  });
});
