/** Saved weights classify pictures from their files as the cell did that trained them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  getBackbone,
  initialiseLinearHead,
  openWeightFile,
  saveSafetensors,
  saveWeights,
} from '@clce/backbones';
import {
  addDatasetAdapter,
  counterRandom,
  type Dataset,
  decodeFiles,
  getDataset,
  pictureFolder,
} from '@clce/datasets';
import { float32, getEngine, type HostTensor } from '@clce/engine';
import type { CellResult } from '@clce/results';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { largestOfRows } from '../evaluation/largest.ts';
import { testedRows } from '../evaluation/tested-rows.ts';
import { runCell } from '../run-cell.ts';
import { type CellSpec, expand } from '../suite/cell.ts';
import { checkPreset } from '../suite/check-preset.ts';
import { pngOf } from '../testing/png.ts';
import { tinyPreset } from '../testing/tiny-preset.ts';
import { weightDraw } from '../training/weight-draw.ts';
import { openClassifier } from './classifier.ts';
import { readDeployment } from './deployment.ts';

/** As folders sort them: 0, 1, 10, 11, 2 and so on. */
const CLASSES = 12;
const SIDE = 20;

const preset = () =>
  checkPreset({
    ...tinyPreset,
    datasets: ['own-colours'],
    losses: [{ name: 'clce', parameters: { lambda: 0.5 } }],
    split: { side: 'confirmation', folds: 2, holds: 'samples' },
    recipe: { ...tinyPreset.recipe, learningRate: 0.01, budget: { steps: 60 } },
    protocol: {
      ...{ kind: 'transfer', partition: 'test', validationShare: 0.2, checkpoints: 0, seed: 5 },
      ...{ classifiers: ['head'], referenceSamples: 200, predictions: true },
    },
  });

let root: string;
let folder: string;
let saved: string;
let dataset: Dataset;
let spec: CellSpec;
let result: CellResult;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'clce-deployed-'));
  folder = join(root, 'photos');
  const random = counterRandom(3);
  for (let label = 0; label < CLASSES; label++) {
    mkdirSync(join(folder, String(label)), { recursive: true });
    const colour = [0, 1, 2].map((channel) => random.below(200, 1, label, channel));
    for (let one = 0; one < 12; one++) {
      const level = (i: number) => colour[i % 3]! + random.below(56, 0, 100 * label + one, i);
      const rgb = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => level(i));
      writeFileSync(join(folder, String(label), `${one}.png`), pngOf(rgb, SIDE));
    }
  }
  addDatasetAdapter(pictureFolder({ name: 'own-colours', folder }));
  dataset = await getDataset('own-colours').load({ dataRoot: root, size: 16 });
  const cells = expand(preset(), new Map([['own-colours', dataset.manifestHash]]));
  ({ spec } = cells.find((cell) => cell.spec.kind === 'training')!);
  saved = join(root, 'trained.safetensors');
  result = await runCell(spec, { dataRoot: root, threads: 1, saveWeights: saved });
});
afterAll(() => rmSync(root, { recursive: true }));

const engine = () => getEngine('onnx').start({ threads: 1 });

describe('saved weights', () => {
  it('say how they are used, and what they are', async () => {
    const { metadata } = await openWeightFile(saved);
    expect(readDeployment({ path: saved, metadata: metadata! })).toMatchObject({
      architecture: 'conv4',
      classes: ['0', '1', '10', '11', '2', '3', '4', '5', '6', '7', '8', '9'],
      imageSize: 16,
      resizing: { fit: 'cover', interpolation: 'lanczos', cropFraction: 1, orientation: 'exif' },
    });
    expect(metadata).toMatchObject({
      dataset: 'own-colours',
      loss: 'CLCE, λ = 0.5',
      seed: '3',
      head: 'trained',
    });
    expect(JSON.parse(metadata!['split']!)).toEqual(spec.dataset.split);
    const [{ correct, tested }] = result.scores as [CellResult['scores'][number] & { tested: number[] }];
    const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);
    expect(JSON.parse(metadata!['tested']!)).toEqual({ correct: sum(correct), pictures: sum(tested) });
  });

  it('predict the held-out pictures, read from their files, as the result has it', async () => {
    const [score] = result.scores;
    if (score?.kind !== 'transfer') throw new TypeError('expected the score of the head');
    const rows = testedRows(dataset, spec);
    const paths = Array.from(rows, (row) => dataset.samples[row]!.id);
    expect(paths.length).toBeGreaterThan(24);
    const classifier = await openClassifier(saved, await engine());
    const { classes, imageSize, resizing } = classifier.deployment;
    const decoded = await decodeFiles(folder, paths, imageSize, resizing);
    const pixels = decoded.flatMap((one) => ('pixels' in one ? [one.pixels] : []));
    const predicted = largestOfRows(await classifier.logits(pixels), classes.length);
    // A batch that is not full gives the same answers.
    const first = largestOfRows(await classifier.logits(pixels.slice(0, 1)), classes.length);
    await classifier.dispose();
    expect([...predicted]).toEqual(score.predicted);
    expect(first[0]).toBe(score.predicted![0]);
    const right = paths.filter((path, at) => path.split('/')[0] === classes[predicted[at]!]).length;
    expect(right).toBe(score.correct.reduce((all, one) => all + one, 0));
    expect(right / paths.length).toBeGreaterThan(0.5);
  });
});

describe('every name of a classifier', () => {
  it.each(['resnet18', 'mobilenetv2', 'mobilenetv2-openimages', 'vit-tiny', 'vit-tiny-mean'])(
    '%s: the file has timm’s names, and the head is the one that was saved',
    async (architecture) => {
      const backbone = getBackbone(architecture);
      const draw = weightDraw(1);
      const { parameters, statistics } = backbone.initialise(32, draw);
      const head = {
        ...initialiseLinearHead(backbone.featureSize(32), 3, draw),
        'head.bias': float32([3], Float32Array.of(0, 1e6, 0)),
      };
      const path = join(root, 'named.safetensors');
      const { metadata } = await openWeightFile(saved);
      await saveWeights(
        path,
        backbone,
        { ...parameters, ...statistics, ...head },
        {
          ...metadata,
          ...{ architecture, classes: '["a", "b", "c"]', imageSize: '32' },
        },
      );
      expect((await openWeightFile(path)).tensors.has(`${backbone.classifier ?? 'head'}.weight`)).toBe(true);
      const classifier = await openClassifier(path, await engine());
      const logits = await classifier.logits([new Uint8Array(32 * 32 * 3).fill(100)]);
      await classifier.dispose();
      expect(logits).toHaveLength(3);
      expect(largestOfRows(logits, 3)[0]).toBe(1);
    },
  );
});

describe('a file that cannot be used', () => {
  type Parts = { tensors: Record<string, HostTensor>; metadata: Record<string, string> };
  const changed = async (change: (parts: Parts) => void): Promise<string> => {
    const file = await openWeightFile(saved);
    const tensors: Record<string, HostTensor> = {};
    for (const [name, stored] of file.tensors) tensors[name] = await stored.read();
    const parts = { tensors, metadata: { ...file.metadata } };
    change(parts);
    const path = join(root, 'changed.safetensors');
    await saveSafetensors(path, parts.tensors, parts.metadata);
    return path;
  };

  it.each<[what: string, change: (parts: Parts) => void, message: RegExp]>([
    [
      'an old file without the entries',
      ({ metadata }) => delete metadata['mean'],
      /changed\.safetensors has no entry "mean" in its metadata.*expected a file of --save-weights/,
    ],
    [
      'no number',
      ({ metadata }) => Object.assign(metadata, { std: '[1, 1, 0]' }),
      /the entry "std" of its metadata is "\[1, 1, 0\]"; expected three numbers/,
    ],
    [
      'classes of one name',
      ({ metadata }) => Object.assign(metadata, { classes: '["a", "a"]' }),
      /expected a list of different names/,
    ],
    [
      'another way to resize',
      ({ metadata }) => Object.assign(metadata, { resizing: '{"fit":"pad"}' }),
      /the entry "resizing"/,
    ],
    [
      'a classifier that no loss has trained',
      ({ metadata }) => Object.assign(metadata, { head: 'untrained' }),
      /has no trained classifier/,
    ],
    [
      'an unknown architecture',
      ({ metadata }) => Object.assign(metadata, { architecture: 'conv5' }),
      /changed\.safetensors: unknown backbone "conv5"\. Did you mean "conv4"\?/,
    ],
    [
      'another architecture',
      ({ metadata }) => Object.assign(metadata, { architecture: 'resnet18' }),
      /changed\.safetensors has other shapes: .*is it a file for resnet18\?/,
    ],
    [
      'no classifier',
      ({ tensors }) => delete tensors['head.weight'],
      /changed\.safetensors lacks: head\.weight;/,
    ],
    [
      'fewer classes than rows',
      ({ metadata }) => Object.assign(metadata, { classes: '["a", "b"]' }),
      /changed\.safetensors has other shapes: head\.weight/,
    ],
    [
      'weights that are not finite',
      ({ tensors }) => {
        tensors['head.bias'] = float32([CLASSES], new Float32Array(CLASSES).fill(Number.NaN));
      },
      /changed\.safetensors: tensor head\.bias has values that are not finite/,
    ],
  ])('%s: an error of one line', async (_, change, message) => {
    const opened = openClassifier(await changed(change), await engine());
    const error = await opened.then(
      () => undefined,
      (fault: Error) => fault,
    );
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('\n');
  });
});
