/** Trainings that leave the finite numbers: at the first step, in the middle, and in the weights after the last step. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getDataset } from '@clce/datasets';
import { parseCellResult } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from '../run-cell.ts';
import { expand, type TrainingSpec } from '../suite/cell.ts';
import { snapshotsIn } from '../training/snapshot.ts';
import { tinyPreset } from './tiny-preset.ts';

const dataRoot = mkdtempSync(join(tmpdir(), 'clce-diverging-'));
const validation = { ...tinyPreset.protocol, classes: 'validation' } as TrainingSpec['protocol'];
let ce: TrainingSpec;
beforeAll(async () => {
  cpSync(process.env['CLCE_TEST_ICONS']!, dataRoot, { recursive: true });
  const { manifestHash } = await getDataset('icons').load({ dataRoot, size: tinyPreset.imageSize });
  ce = expand(tinyPreset, new Map([['icons', manifestHash]]))[1]!.spec as TrainingSpec;
});
afterAll(() => rmSync(dataRoot, { recursive: true }));

/** The rate is reached at the second of four steps, after a warm-up of one. */
const withRate = (learningRate: number, protocol = ce.protocol, steps = 4): TrainingSpec => ({
  ...ce,
  protocol,
  recipe: { ...ce.recipe, learningRate, budget: { steps }, warmup: steps === 1 ? 0 : 0.25 },
});

describe('a training that diverges', () => {
  it('on validation data is a result: step and figure, the same bytes at every moment of a snapshot', async () => {
    const spec = withRate(1e30, validation);
    const result = await runCell(spec, { dataRoot, threads: 1 });
    expect(result).toEqual({
      ...{ scores: [], training: null, quality: null },
      diverged: { step: expect.any(Number), what: expect.stringMatching(/^the (loss|gradient’s norm) is /) },
    });
    expect(result.diverged!.step).toBeGreaterThan(1);
    expect(result.diverged!.step).toBeLessThan(4);
    expect(parseCellResult(JSON.parse(JSON.stringify(result)), spec)).toEqual(result);
    const file = join(dataRoot, 'snapshot.safetensors');
    const snapshots = snapshotsIn(file, 'a cell', 0, () => {});
    expect(JSON.stringify(await runCell(spec, { dataRoot, threads: 1, snapshots }))).toBe(
      JSON.stringify(result),
    );
    // Another run goes on from the last snapshot whose values were finite.
    expect(JSON.stringify(await runCell(spec, { dataRoot, threads: 1, snapshots }))).toBe(
      JSON.stringify(result),
    );
  });

  it('in its weights alone, after the first step, which is the last', async () => {
    const { diverged } = await runCell(withRate(1e39, validation, 1), { dataRoot, threads: 1 });
    expect(diverged).toEqual({ step: 1, what: expect.stringMatching(/^'.+' holds (-?Infinity|NaN)$/) });
  });

  it('on classes that are reported is an error, as before', async () => {
    await expect(runCell(withRate(1e30), { dataRoot, threads: 1 })).rejects.toThrow(
      /^the .* is .* at step \d: training has diverged \(batch: .+\)$/,
    );
  });

  it('with the head and the k-NN of transfer, too', async () => {
    const protocol: TrainingSpec['protocol'] = {
      ...{ kind: 'transfer', partition: 'validation', validationShare: 0.1, checkpoints: 4, seed: 0 },
      ...{ classifiers: ['head', 'k-nn'], referenceSamples: 100 },
    };
    const { manifestHash } = await getDataset('icons-by-author').load({ dataRoot, size: 16 });
    const dataset = { ...ce.dataset, name: 'icons-by-author', manifestHash };
    for (const loss of [ce.loss, { name: 'supcon', parameters: { temperature: 0.5 } }]) {
      const result = await runCell({ ...withRate(1e30, protocol), loss, dataset }, { dataRoot, threads: 1 });
      expect(result.diverged).toMatchObject({ what: expect.any(String) });
    }
  });
});
