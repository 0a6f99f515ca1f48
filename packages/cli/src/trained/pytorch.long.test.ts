/** The program beside saved weights gives the answers of `clce predict`: on Debian's PyTorch and torchvision, from files. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addDatasetAdapter,
  type Dataset,
  decodeFiles,
  getDataset,
  pictureFolder,
  writePictures,
} from '@clce/datasets';
import { getEngine } from '@clce/engine';
import {
  type CellSpec,
  type Classifier,
  checkPreset,
  expand,
  openClassifier,
  runCell,
  testedRows,
} from '@clce/experiments';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printedBy } from '../testing/printed-by.ts';
import { addPredictCommand } from './command.ts';
import { pyTorchModel, pyTorchProgram } from './pytorch.ts';

const PYTHON = '/usr/bin/python3';
const torchvision =
  existsSync(PYTHON) &&
  !(await execa(PYTHON, ['-c', 'import torchvision.models, PIL'], { reject: false })).failed;

const SIZE = 32;
const CLASSES = 8;
const SAMPLES = 24;
/** Share of answers that another resize may change here: letters of similar typefaces, six times as small. */
const MARGIN = 0.05;
const root = mkdtempSync(join(tmpdir(), 'clce-card-'));
const at = (...names: string[]) => join(root, ...names);

/** Letters of 150 pixels as photographs of 201 × 151: JPEG, every third one of a camera on its side. */
const PHOTOGRAPHS = `import sys
from pathlib import Path
from PIL import Image
for number, path in enumerate(sorted(Path(sys.argv[1]).rglob('*.png'))):
    photograph = Image.new('RGB', (201, 151), 'white')
    photograph.paste(Image.open(path), (26, 0))
    exif = Image.Exif()
    if number % 3 == 0:
        photograph, exif[0x112] = photograph.transpose(Image.Transpose.ROTATE_90), 6
    to = Path(sys.argv[2]) / path.parent.name
    to.mkdir(parents=True, exist_ok=True)
    photograph.save(to / (path.stem + '.jpg'), quality=92, exif=exif)`;

const preset = () =>
  checkPreset({
    datasets: ['photographs'],
    imageSize: SIZE,
    backbones: ['resnet18'],
    losses: [{ name: 'ce' }],
    batchSizes: [16],
    seeds: [0],
    engine: 'onnx',
    split: { side: 'confirmation', folds: 2, use: [0], holds: 'samples' },
    recipe: {
      ...{ optimizer: 'adamw', learningRate: 1e-3, learningRateRule: 'none', baseBatchSize: 16 },
      ...{ weightDecay: 0.05, warmup: 0.1, crop: true, horizontalFlip: false, budget: { steps: 100 } },
    },
    protocol: {
      ...{ kind: 'transfer', partition: 'test', validationShare: 0.1, checkpoints: 0, seed: 0 },
      ...{ classifiers: ['head'], referenceSamples: 100, predictions: true },
    },
  });

describe.skipIf(!torchvision)('in PyTorch (skipped without Debian’s python3-torchvision)', () => {
  let dataset: Dataset;
  let spec: CellSpec;
  let classifier: Classifier;
  beforeAll(async () => {
    const typefaces = await getDataset('typefaces').load({ dataRoot: at('data'), size: 150 });
    await writePictures(typefaces, at('letters'), { classes: CLASSES, samples: SAMPLES });
    await execa(PYTHON, ['-c', PHOTOGRAPHS, at('letters'), at('photographs')]);
    addDatasetAdapter(pictureFolder({ name: 'photographs', folder: at('photographs') }));
    dataset = await getDataset('photographs').load({ dataRoot: at('data'), size: SIZE });
    const cells = expand(preset(), new Map([['photographs', dataset.manifestHash]]));
    ({ spec } = cells.find((cell) => cell.spec.kind === 'training')!);
    const weights = at('best.safetensors');
    await runCell(spec, { dataRoot: at('data'), threads: 2, saveWeights: weights });
    classifier = await openClassifier(weights, await getEngine('onnx').start({ threads: 2 }));
    const model = pyTorchModel('resnet18')!;
    writeFileSync(at('best.py'), pyTorchProgram(model, classifier.deployment, 'best.safetensors'));
  });
  afterAll(async () => {
    await classifier.dispose();
    rmSync(root, { recursive: true });
  });

  /** Logits of pictures by this project and by the program, a row each. */
  async function bothLogits(folder: string, paths: readonly string[]) {
    const { imageSize, resizing, classes } = classifier.deployment;
    const ours: number[][] = [];
    for (let from = 0; from < paths.length; from += classifier.batch) {
      const chunk = paths.slice(from, from + classifier.batch);
      const decoded = await decodeFiles(folder, chunk, imageSize, resizing);
      const flat = await classifier.logits(decoded.flatMap((one) => ('pixels' in one ? [one.pixels] : [])));
      expect(flat).toHaveLength(chunk.length * classes.length);
      ours.push(...chunk.map((_, at) => [...flat.subarray(at * classes.length, (at + 1) * classes.length)]));
    }
    const lines =
      'import best, json, sys; print(json.dumps([best.logits(p).tolist() for p in json.load(sys.stdin)]))';
    const { stdout } = await execa(PYTHON, ['-c', lines], {
      cwd: root,
      input: JSON.stringify(paths.map((path) => join(folder, path))),
    });
    const theirs = JSON.parse(stdout) as number[][];
    expect(theirs.map(({ length }) => length)).toEqual(paths.map(() => classes.length));
    const largest = Math.max(...ours.flat().map(Math.abs));
    const worst = Math.max(
      ...ours.flatMap((row, at) => row.map((value, k) => Math.abs(value - theirs[at]![k]!))),
    );
    return { ours, theirs, largest, worst };
  }

  const nameOf = (logits: readonly number[]) =>
    classifier.deployment.classes[logits.indexOf(Math.max(...logits))]!;

  it('pictures of the stored size have the same logits', async () => {
    await writePictures(dataset, at('square'), { classes: 5, samples: 2 });
    const paths = readdirSync(at('square')).flatMap((name) => [`${name}/000.png`, `${name}/001.png`]);
    expect(paths).toHaveLength(10);
    const { largest, worst } = await bothLogits(at('square'), paths);
    expect(largest).toBeGreaterThan(1);
    expect(worst / largest).toBeLessThan(1e-4);
  });

  it('photographs, which both resize, have nearly the same logits and accuracy', async () => {
    const paths = Array.from(testedRows(dataset, spec), (row) => dataset.samples[row]!.id);
    const { ours, theirs, largest, worst } = await bothLogits(at('photographs'), paths);
    const right = (rows: readonly number[][]) =>
      rows.filter((row, at) => nameOf(row) === paths[at]!.split('/')[0]).length;
    const differing = ours.filter((row, at) => nameOf(row) !== nameOf(theirs[at]!)).length;
    const [own, other] = [right(ours), right(theirs)];
    console.info(
      `${paths.length} photographs: logits differ by ${worst.toFixed(2)} at most (the largest is ${largest.toFixed(2)}), ${differing} answers differ, ${own} are right here and ${other} there`,
    );
    expect(own / paths.length).toBeGreaterThan(2 / CLASSES);
    expect(worst).toBeGreaterThan(0);
    expect(worst / largest).toBeLessThan(0.2);
    expect(Math.abs(own - other) / paths.length).toBeLessThanOrEqual(MARGIN);
  });

  it('its CSV is compared by --against, which warns where pictures are not turned', async () => {
    const compared = async (program: string) => {
      const { stdout } = await execa(PYTHON, [at(program), at('photographs')]);
      writeFileSync(at('theirs.csv'), stdout);
      const printed = await printedBy(
        addPredictCommand,
        ...['predict', at('photographs'), '--weights', at('best.safetensors')],
        ...['--out', at('ours.csv'), '--against', at('theirs.csv')],
      );
      const [, differing, of] = /theirs\.csv: (\d+) of (\d+) answers differ/.exec(printed) ?? [];
      expect(Number(of)).toBe(CLASSES * SAMPLES);
      return { printed, share: Number(differing) / Number(of) };
    };
    const same = await compared('best.py');
    expect(same.share).toBeLessThanOrEqual(MARGIN);
    const told = readFileSync(at('best.py'), 'utf8');
    const untold = told.replace('ImageOps.exif_transpose(image)', 'image');
    expect(untold).not.toBe(told);
    writeFileSync(at('untold.py'), untold);
    const turned = await compared('untold.py');
    const [ours, theirs] = [same, turned].map(({ share }) => Math.round(share * CLASSES * SAMPLES));
    console.info(
      `of ${CLASSES * SAMPLES}, answers that differ: ${ours} with the program, ${theirs} without EXIF`,
    );
    expect(turned.share).toBeGreaterThan(0.1);
    expect(turned.printed).toMatch(/warning: more than 1 % differ/);
  });
});
