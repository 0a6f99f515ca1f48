/** Extractors that are not trained: bundled weights, ONNX models of others, and the cache of their features. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getBackbone, saveSafetensors, toTorch } from '@clce/backbones';
import { getDataset } from '@clce/datasets';
import { exportForward, type Tensor4D } from '@clce/engine';
import type { CellResult } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from '../run-cell.ts';
import { type CellSpec, expand, type FrozenSpec } from '../suite/cell.ts';
import { checkPreset } from '../suite/check-preset.ts';
import { inputFiles } from '../suite/input-files.ts';
import type { Preset } from '../suite/preset.ts';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { weightDraw } from '../training/weight-draw.ts';

const SIZE = 16;
const BUNDLED = 'mobilenetv2-openimages';

describe('frozen extractors', () => {
  const dataRoot = mkdtempSync(join(tmpdir(), 'clce-frozen-'));
  const features = join(dataRoot, 'features');
  const model = join(dataRoot, 'model.onnx');
  const weightsFile = join(dataRoot, 'conv4.safetensors');
  let cells: CellSpec[];
  let inputPaths: Readonly<Record<string, string>>;
  let manifests: Map<string, string>;

  const planned = async (preset: Preset) => {
    const { hashes, paths } = await inputFiles(preset);
    inputPaths = paths;
    return expand(preset, manifests, hashes).map(({ spec }) => spec);
  };

  beforeAll(async () => {
    cpSync(process.env['CLCE_TEST_FEW_ICONS']!, dataRoot, { recursive: true });
    const { manifestHash } = await getDataset('icons').load({ dataRoot, size: SIZE });
    manifests = new Map([['icons', manifestHash]]);
    const backbone = getBackbone('conv4');
    const { parameters, statistics } = backbone.initialise(SIZE, weightDraw(5));
    const weights = { ...parameters, ...statistics };
    const inTorch = Object.entries(weights).map(([name, tensor]) => [name, toTorch(name, tensor)]);
    await saveSafetensors(weightsFile, Object.fromEntries(inTorch));
    const { bytes } = exportForward(
      (constants, { images }) => ({
        features: backbone.forward(constants, images as Tensor4D, 'evaluation').features,
      }),
      weights,
      { images: { shape: [4, SIZE, SIZE, 3], dtype: 'float32' } },
    );
    writeFileSync(model, bytes);
    cells = await planned(
      checkPreset({
        ...tinyPreset,
        weights: { conv4: weightsFile },
        frozen: { exported: { file: model, normalisation: 'data' } },
      }),
    );
  });
  afterAll(() => rmSync(dataRoot, { recursive: true }));

  const frozen = (kind: string) =>
    cells.find((spec): spec is FrozenSpec => spec.kind === 'frozen' && spec.extractor.kind === kind)!;
  const run = (spec: CellSpec): Promise<CellResult> => runCell(spec, { dataRoot, threads: 1, inputPaths });
  const correct = ({ scores }: CellResult) => scores.map((score) => score.correct);

  it('stand beside what is trained from the same file', () => {
    expect(cells.map(({ kind }) => kind)).toEqual([
      ...['pixels', 'frozen', 'frozen', 'training', 'training', 'training'],
    ]);
    const training = cells.filter((spec) => spec.kind === 'training');
    for (const { weights } of training) expect(weights).toBe(frozen('backbone').weights);
  });

  it('a backbone that brings weights starts from them, with the normalisation that they expect', async () => {
    const before = inputPaths;
    const specs = await planned(checkPreset({ ...tinyPreset, backbones: ['conv4', BUNDLED] }));
    inputPaths = before;
    expect(specs.filter((spec) => spec.kind === 'frozen')).toMatchObject([
      { extractor: { kind: 'backbone', name: BUNDLED }, normalisation: 'inception' },
    ]);
    for (const spec of specs.filter((one) => one.kind === 'training')) {
      const isBundled = spec.backbone === BUNDLED;
      expect(spec.weights !== undefined).toBe(isBundled);
      expect(spec.recipe.normalisation).toBe(isBundled ? 'inception' : undefined);
    }
  });

  it('the same model as an ONNX file gives the same scores', async () => {
    const [ours, theirs] = [await run(frozen('backbone')), await run(frozen('onnx'))];
    expect(correct(theirs)).toEqual(correct(ours));
    expect(theirs.quality!.alignment).toBeCloseTo(ours.quality!.alignment, 4);
  });

  it('weights that a training run saved give the scores of that run', async () => {
    const training = cells.find((spec) => spec.kind === 'training')!;
    const saved = join(dataRoot, 'trained.safetensors');
    const trained = await runCell(training, { dataRoot, threads: 1, inputPaths, saveWeights: saved });
    const hash = createHash('sha256').update(readFileSync(saved)).digest('hex');
    const spec = { ...frozen('backbone'), weights: hash };
    const again = await runCell(spec, { dataRoot, threads: 1, inputPaths: { [hash]: saved } });
    const totals = ({ scores }: CellResult) =>
      scores.map((score) => score.correct.reduce((sum, count) => sum + count, 0));
    // Other operators, other rounding: a query in a hundred may fall on the other side.
    totals(trained).forEach((total, k) => {
      expect(Math.abs(totals(again)[k]! / total - 1)).toBeLessThan(0.01);
    });
    expect(again.quality!.alignment).toBeCloseTo(trained.quality!.alignment, 4);
    expect(trained.quality!.alignment).not.toBeCloseTo((await run(frozen('backbone'))).quality!.alignment, 4);
  });

  it('caches features by weights, data and transform, and computes them again when the file is damaged', async () => {
    rmSync(features, { recursive: true, force: true });
    const spec = frozen('backbone');
    const first = JSON.stringify(await run(spec));
    const [file] = readdirSync(features);
    const path = join(features, file!);
    const kept = readFileSync(path);
    const damaged = Buffer.from(kept);
    damaged[damaged.length - 1]! ^= 1;
    for (const bytes of [damaged, kept.subarray(0, 100)]) {
      writeFileSync(path, bytes);
      expect(JSON.stringify(await run(spec))).toBe(first);
      expect(readFileSync(path).equals(kept)).toBe(true);
    }
    await run({ ...spec, normalisation: 'imagenet' });
    expect(readdirSync(features)).toHaveLength(2);
  });

  it('several writers at once leave one whole file', async () => {
    rmSync(features, { recursive: true, force: true });
    const results = await Promise.all(Array.from({ length: 3 }, () => run(frozen('backbone'))));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(readdirSync(features)).toHaveLength(1);
  });

  it('refuses a model for another image size, and names the flag to use', async () => {
    const { manifestHash } = await getDataset('icons').load({ dataRoot, size: 32 });
    const spec = { ...frozen('onnx'), dataset: { name: 'icons', manifestHash, imageSize: 32 } };
    await expect(run(spec)).rejects.toThrow(/needs images of 16 pixels.*imageSize=16/);
  });
});
