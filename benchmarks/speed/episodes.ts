/**
 * Compares few-shot classifiers with peers/episodes.py (NumPy centroids, scikit-learn's logistic regression) on the same
 * 5-way 5-shot episodes of 640-d features: speed, and the number of queries in an episode with different predictions.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Episode, sampleEpisodes } from '@clce/datasets';
import { EpisodeRows, type FewShotClassifierName, getFewShotClassifier } from '@clce/experiments';
import { interleave, type Measured, show, spread } from './measuring/interleave.ts';
import { peerMissing, runEpisodes } from './measuring/peer.ts';
import { normal } from './measuring/workload.ts';
import { openPlainRowKernel } from './plain-row-kernel.ts';

const DIM = 640;
const CLASSES = 20;
const SAMPLES = 100;
const SHAPE = { way: 5, shot: 5, query: 15 } as const;
/** Passes of our classifiers over the episodes in one round. A single pass is so short that a pause of the machine matters. */
const PASSES = 5;
/** Scale of the classes' means, in standard deviations of a sample. It keeps accuracies well between chance and 1. */
const SEPARATION = 0.25;

/** Our classifiers, and the peer's name of each classifier that it has. */
const CLASSIFIERS = [
  { name: 'nearest-centroid', peerName: 'centroid' },
  { name: 'logistic-regression', peerName: 'logistic' },
  { name: 'cosine', peerName: undefined },
] as const;

export async function benchEpisodes({
  rounds,
  episodes: count,
}: {
  readonly rounds: number;
  readonly episodes: number;
}): Promise<void> {
  const missing = await peerMissing('sklearn.linear_model');
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  const features = unitRows();
  const labels = Int32Array.from({ length: CLASSES * SAMPLES }, (_, row) => Math.floor(row / SAMPLES));
  const classes = Array.from({ length: CLASSES }, (_, label) => label);
  const episodes = sampleEpisodes({ labels, classes, ...SHAPE, count, seed: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'clce-episodes-'));
  try {
    const args = await files(folder, features, labels, episodes);
    const rates = new Map(
      CLASSIFIERS.map(({ name }) => [name, { ours: [] as number[], peer: [] as number[] }]),
    );
    let differing: Record<string, number> = {};
    const layingOut: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      const rows = layOut(features, episodes);
      layingOut.push(performance.now() - start);
      const peer = missing === undefined ? await runEpisodes(args) : undefined;
      for (const { name, peerName } of CLASSIFIERS) {
        const { ms, correct } = classify(name, rows, episodes);
        const rate = rates.get(name)!;
        rate.ours.push((1000 * count) / ms);
        if (peer === undefined || peerName === undefined) continue;
        rate.peer.push(peer.perSecond[peerName]!);
        const queries = SHAPE.way * SHAPE.query;
        const differences = peer.accuracies[peerName]!.map((accuracy, episode) => {
          const ours = correct.slice(episode * SHAPE.way, (episode + 1) * SHAPE.way);
          return Math.abs(ours.reduce((sum, one) => sum + one, 0) - accuracy * queries);
        });
        differing = { ...differing, [name]: Math.round(Math.max(...differences)) };
      }
    }
    console.log(
      'classifier           ours, episodes a second     peer                        ours / peer              queries that differ, at most',
    );
    for (const [name, { ours, peer }] of rates) {
      const ratio = peer.map((rate, round) => ours[round]! / rate);
      const columns = [
        show(spread(ours), 0),
        ...(peer.length > 0 ? [show(spread(peer), 0), show(spread(ratio), 2)] : []),
      ];
      console.log(
        `${name.padEnd(20)} ${columns.map((text) => text.padEnd(26)).join('  ')} ${differing[name] ?? '–'}`,
      );
    }
    await benchPlainKernel(features, episodes, rounds);
    console.log(`features laid out, once for all classifiers and shots: ${show(spread(layingOut))} ms`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Times each classifier with the loops in WebAssembly and in plain JavaScript, in turn. Both count the same correct queries. */
async function benchPlainKernel(
  values: Float32Array,
  episodes: readonly Episode[],
  rounds: number,
): Promise<void> {
  const { way, shot, query } = SHAPE;
  const largest = { support: way * shot, queries: way * query };
  const fast = layOut(values, episodes);
  const plain = new EpisodeRows({ values, dim: DIM }, largest, undefined, openPlainRowKernel);
  for (const { name } of CLASSIFIERS) {
    const { correct } = classify(name, fast, episodes);
    if (classify(name, plain, episodes).correct.join() !== correct.join()) {
      throw new Error(`${name}: plain JavaScript and WebAssembly count other queries`);
    }
    const measured = async (rows: EpisodeRows) => classify(name, rows, episodes);
    const { ours, peer, ratio } = await interleave(
      rounds,
      () => measured(fast),
      () => measured(plain),
    );
    console.log(
      `${name}: WebAssembly ${show(ours, 0)} ms, plain JavaScript ${show(peer!, 0)} ms, ratio ${show(ratio!, 2)}`,
    );
  }
}

/** Copies the features into the classifiers' memory. A cell does this once for all shots and classifiers. */
function layOut(values: Float32Array, episodes: readonly Episode[]): EpisodeRows {
  const { way, shot, query } = SHAPE;
  const rows = new EpisodeRows({ values, dim: DIM }, { support: way * shot, queries: way * query });
  for (const episode of episodes) rows.enter(episode);
  return rows;
}

function classify(
  name: FewShotClassifierName,
  rows: EpisodeRows,
  episodes: readonly Episode[],
): Measured & { readonly correct: number[] } {
  const classifier = getFewShotClassifier(name);
  let correct: number[] = [];
  const times = Array.from({ length: PASSES }, () => {
    const start = performance.now();
    correct = classifier.correct(rows, episodes);
    return performance.now() - start;
  });
  return { ms: spread(times).median, correct };
}

/** Features of unit length, scattered around their class means. */
function unitRows(): Float32Array {
  const means = normal(CLASSES * DIM);
  const noise = normal(CLASSES * SAMPLES * DIM);
  const rows = new Float32Array(noise.length);
  for (let row = 0; row < CLASSES * SAMPLES; row++) {
    const mean = Math.floor(row / SAMPLES) * DIM;
    let squared = 0;
    for (let k = 0; k < DIM; k++) {
      const value = noise[row * DIM + k]! + SEPARATION * means[mean + k]!;
      rows[row * DIM + k] = value;
      squared += value ** 2;
    }
    for (let k = 0; k < DIM; k++) rows[row * DIM + k]! /= Math.sqrt(squared);
  }
  return rows;
}

/** Writes the peer's input files and returns its arguments: features, labels, width, episodes. */
async function files(
  folder: string,
  features: Float32Array,
  labels: Int32Array,
  episodes: readonly Episode[],
): Promise<string[]> {
  const paths = ['features.f32', 'labels.i32', 'episodes.json'].map((name) => join(folder, name));
  const plain = episodes.map(({ support, queries }) => ({ support: [...support], query: [...queries] }));
  await writeFile(paths[0]!, features);
  await writeFile(paths[1]!, labels);
  await writeFile(paths[2]!, JSON.stringify(plain));
  return [paths[0]!, paths[1]!, String(DIM), paths[2]!];
}
