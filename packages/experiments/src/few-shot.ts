/**
 * The few-shot protocol on frozen features, after RFS (Tian et al. 2020, arXiv 2003.11539): N-way K-shot episodes over
 * classes never trained on, the same episodes for every cell, a simple classifier fitted on each support set.
 */
import { type Dataset, type Episode, sampleEpisodes } from '@clce/datasets';
import { fewShotClassifierNamed } from './classifiers/index.ts';
import type { FeatureMatrix } from './features.ts';
import type { FewShotScore } from './scores.ts';
import type { FewShotProtocol } from './suite.ts';

/**
 * @param features row i describes sample `rows[i]`
 * @throws DatasetError where one of the protocol's classes has fewer than shot + query samples
 */
export function evaluateFewShot(
  protocol: FewShotProtocol,
  dataset: Dataset,
  features: FeatureMatrix,
  rows: Int32Array,
): FewShotScore[] {
  const { way, query } = protocol;
  const labels = Int32Array.from(rows, (row) => dataset.samples[row]!.label);
  return protocol.shots.flatMap((shot) => {
    const episodes = drawEpisodes(protocol, dataset, labels, shot, protocol.episodes);
    return protocol.classifiers.map((name) => {
      const classifier = fewShotClassifierNamed(name);
      const correct = episodes.map((episode) => classifier.correct(features.values, features.dim, episode));
      return { kind: 'few-shot', shot, classifier: name, queriesPerEpisode: way * query, correct };
    });
  });
}

/**
 * Whether the data set has the classes and samples that the protocol's episodes need.
 *
 * @throws DatasetError naming the class, what it has and what is needed
 */
export function checkEpisodes(protocol: FewShotProtocol, dataset: Dataset): void {
  const labels = Int32Array.from(dataset.samples, ({ label }) => label);
  for (const shot of protocol.shots) drawEpisodes(protocol, dataset, labels, shot, 1);
}

function drawEpisodes(
  { classes, way, query, seed }: FewShotProtocol,
  { classNames, split }: Dataset,
  labels: Int32Array,
  shot: number,
  count: number,
): Episode[] {
  return sampleEpisodes({ labels, classes: split[classes], classNames, way, shot, query, count, seed });
}
