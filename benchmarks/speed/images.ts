/**
 * Measures images a second in three cases: JPEG files of 500 × 375 decoded to 224 × 224 floats, compared with peers/images.py
 * (PIL and torchvision, two worker processes); batches of packed images with the training augmentation; packed images
 * without augmentation, compared with a plain copy of the same number of bytes.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Augmentation,
  type Dataset,
  decodeSamples,
  evaluationImages,
  imageAt,
  openBatchLoader,
  trainingBatches,
} from '@clce/datasets';
import sharp from 'sharp';
import { interleave, show, spread } from './measuring/interleave.ts';
import { peerMissing, runImageSteps, runPeerForRate } from './measuring/peer.ts';
import { normal } from './measuring/workload.ts';

const JPEGS = 64;
/** Passes over the files in one round, so that the start of threads and processes does not matter. */
const REPEATS = 4;
const BATCH = 32;
/** Batches decoded while another one is normalised. */
const AHEAD = 1;
/** The peer's resizing: bilinear, shorter side to 256, centre crop of 224. */
const RESIZING = { interpolation: 'bilinear', cropFraction: 0.875 } as const;
const STATISTICS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

export async function benchImages({ rounds }: { readonly rounds: number }): Promise<void> {
  await benchDecoding(rounds);
  await benchPacked(rounds);
}

async function benchDecoding(rounds: number): Promise<void> {
  const missing = await peerMissing('torchvision.transforms');
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  const folder = await mkdtemp(join(tmpdir(), 'clce-images-'));
  try {
    await writeJpegs(folder);
    const files = Array.from({ length: REPEATS }, () => readdir(folder));
    const samples = (await Promise.all(files)).flat().map((path) => ({
      id: path,
      image: { kind: 'file' as const, path },
    }));
    const perSecond = (count: number, ms: number) => (1000 * count) / ms;
    const { ours, peer, ratio } = await interleave(
      rounds,
      async () => {
        const start = performance.now();
        let images: Float32Array | undefined;
        for await (const pixels of decodedBatches(folder, samples)) images = normalised(pixels, images);
        return { ms: performance.now() - start };
      },
      missing === undefined
        ? async () => ({
            ms: (1000 * samples.length) / (await runPeerForRate('images', [folder, String(REPEATS)])),
          })
        : undefined,
    );
    const rate = ({ median, min, max }: typeof ours) =>
      show({
        median: perSecond(samples.length, median),
        min: perSecond(samples.length, max),
        max: perSecond(samples.length, min),
      });
    console.log('JPEG 500 × 375 to 224 floats, images a second');
    console.log(
      `ours ${rate(ours)}   peer ${peer ? rate(peer) : '–'}   ours / peer ${ratio ? show(ratio, 2) : '–'}`,
    );
    await showSteps(folder, missing === undefined);
  } finally {
    await rm(folder, { recursive: true });
  }
}

type ImageFile = Parameters<typeof decodeSamples>[1][number];

/** Decodes the samples and yields the pixels batch by batch. */
async function* decodedBatches(folder: string, samples: readonly ImageFile[]): AsyncGenerator<Uint8Array> {
  const decode = (from: number) => decodeSamples(folder, samples.slice(from, from + BATCH), 224, RESIZING);
  const pending: Promise<Uint8Array>[] = [];
  for (let from = 0; from < samples.length; from += BATCH) {
    pending.push(decode(from));
    if (pending.length > AHEAD) yield await pending.shift()!;
  }
  yield* pending;
}

function normalised(pixels: Uint8Array, reuse?: Float32Array): Float32Array {
  const dataset = packOf(224, pixels);
  return evaluationImages(dataset, Array.from(dataset.samples.keys()), STATISTICS, reuse);
}

/** Prints our and the peer's milliseconds per image up to each step, one image at a time. */
async function showSteps(folder: string, withPeer: boolean): Promise<void> {
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const image = new Float32Array(224 ** 2 * 3);
  const resized = async (kernel: 'linear' | 'lanczos3', path: string) =>
    sharp(await readFile(path))
      .resize(256, 256, { kernel, fastShrinkOnLoad: false })
      .extract({ left: 16, top: 16, width: 224, height: 224 })
      .raw()
      .toBuffer();
  const steps: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    read: (path) => readFile(path),
    decode: async (path) =>
      sharp(await readFile(path))
        .raw()
        .toBuffer(),
    'resize and crop': (path) => resized('linear', path),
    '… by Lanczos-3': (path) => resized('lanczos3', path),
    normalise: async (path) => normalised(await resized('linear', path), image),
  };
  const peer = withPeer ? await runImageSteps(folder) : {};
  console.log('up to and with a step, one image at a time: milliseconds, ours and peer');
  for (const [step, run] of Object.entries(steps)) {
    for (const path of files) await run(path);
    const start = performance.now();
    for (const path of files) await run(path);
    const ms = (performance.now() - start) / files.length;
    console.log(`${step.padEnd(20)} ${ms.toFixed(2)}  ${peer[step]?.toFixed(2) ?? '–'}`);
  }
}

/** Writes JPEG files with smooth colours and some noise, like photographs. */
async function writeJpegs(folder: string): Promise<void> {
  const [width, height] = [500, 375];
  const noise = normal(width * height * 3);
  for (let k = 0; k < JPEGS; k++) {
    const pixels = Uint8Array.from(noise, (value, at) => {
      const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      return 128 + 60 * Math.sin((x * (1 + (k % 7)) + y * (1 + (at % 3))) / 40) + 12 * value;
    });
    const image = sharp(pixels, { raw: { width, height, channels: 3 } });
    await image.jpeg({ quality: 90 }).toFile(join(folder, `${k}.jpg`));
  }
}

const AUGMENTATIONS: Readonly<Record<string, Partial<Augmentation>>> = {
  'crop, flip': {},
  'resized crop, RandAugment': {
    crop: false,
    resizedCrop: [0.3, 1],
    randAugment: { operations: 2, magnitude: 9 },
  },
};

/** Image sizes, with images per pack and per batch. Each pack has about 50 MB. */
const SIZES = [
  { size: 32, count: 16_384, batch: 256, batches: 40 },
  { size: 84, count: 2_400, batch: 64, batches: 30 },
  { size: 224, count: 340, batch: 32, batches: 8 },
];

async function benchPacked(rounds: number): Promise<void> {
  for (const { size, count, batch, batches } of SIZES) {
    const bytes = size ** 2 * 3;
    const pixels = Uint8Array.from({ length: count * bytes }, (_, at) => (at * 7919) % 251);
    const dataset = packOf(size, pixels);
    console.log(`\npacked ${size} × ${size}, images a second`);
    for (const [title, augmentation] of Object.entries(AUGMENTATIONS)) {
      for (const workers of [0, 2]) {
        const training = { dataset, classIndices: [0], batchSize: batch, seed: 0, augmentation };
        const made = trainingBatches({ ...training, statistics: STATISTICS });
        const loader = openBatchLoader(made, { workers });
        await loader.batchAt(0);
        const rates: number[] = [];
        for (let round = 0; round < rounds; round++) {
          const start = performance.now();
          for (let step = 1; step <= batches; step++) await loader.batchAt(round * batches + step);
          rates.push((1000 * batches * batch) / (performance.now() - start));
        }
        await loader.close();
        console.log(`${`${title}, ${workers} threads`.padEnd(40)} ${show(spread(rates), 0)}`);
      }
    }
    const { ours, peer, ratio } = await interleave(
      rounds,
      async () => copied(count, (row, out) => out.set(imageAt(dataset, (row * 7919) % count)), bytes),
      async () =>
        copied(count, (row, out) => out.set(pixels.subarray(row * bytes, (row + 1) * bytes)), bytes),
    );
    const rate = ({ median }: typeof ours) => ((count * bytes) / median / 1e6).toFixed(1);
    console.log(
      `unaugmented, in random order ${rate(ours)} GB/s; plain copy ${rate(peer!)} GB/s; ratio ${show(ratio!, 2)}`,
    );
  }
}

function copied(count: number, write: (row: number, out: Uint8Array) => void, bytes: number): { ms: number } {
  const out = new Uint8Array(count * bytes);
  const start = performance.now();
  for (let row = 0; row < count; row++) write(row, out.subarray(row * bytes, (row + 1) * bytes));
  return { ms: performance.now() - start };
}

function packOf(imageSize: number, pixels: Uint8Array): Dataset {
  const count = pixels.length / imageSize ** 2 / 3;
  return {
    name: 'pack',
    manifestHash: '0',
    imageSize,
    channels: 3,
    classNames: ['all'],
    samples: Array.from({ length: count }, (_, row) => ({ id: `s${row}`, label: 0 })),
    split: { base: [0], validation: [], novel: [] },
    pixels,
  };
}
