/**
 * The few-shot protocol on frozen features, after RFS (Tian et al. 2020, arXiv 2003.11539): N-way K-shot episodes over
 * the novel classes, the same episodes for every cell, a simple classifier fitted on each support set.
 */
import { type Dataset, type Episode, sampleEpisodes } from '@clce/datasets';
import { fewShotClassifierNamed } from './classifiers/index.ts';
import type { FeatureMatrix } from './features.ts';
import type { FewShotProtocol } from './suite.ts';

/** Of each episode, in order, the number of queries put into their class. */
export interface FewShotScore {
  readonly shot: number;
  readonly classifier: string;
  readonly queriesPerEpisode: number;
  readonly correct: readonly number[];
}
export type FewShotScores = readonly FewShotScore[];

/**
 * @param features row i describes sample `rows[i]`
 * @throws DatasetError where a novel class has fewer than shot + query samples
 */
export function evaluateFewShot(
  protocol: FewShotProtocol,
  dataset: Dataset,
  features: FeatureMatrix,
  rows: Int32Array,
): FewShotScores {
  const { way, query } = protocol;
  const labels = Int32Array.from(rows, (row) => dataset.samples[row]!.label);
  return protocol.shots.flatMap((shot) => {
    const drawn = drawEpisodes(protocol, dataset, labels, shot, protocol.episodes);
    const episodes = drawn.map(({ support, query: queries }) => ({ way, shot, query, support, queries }));
    return protocol.classifiers.map((classifier) => {
      const accuracies = fewShotClassifierNamed(classifier).accuracies(
        features.values,
        features.dim,
        episodes,
      );
      const correct = Array.from(accuracies, (accuracy) => Math.round(accuracy * way * query));
      return { shot, classifier, queriesPerEpisode: way * query, correct };
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
  { way, query, seed }: FewShotProtocol,
  { classNames, split }: Dataset,
  labels: Int32Array,
  shot: number,
  count: number,
): Episode[] {
  return sampleEpisodes({ labels, classes: split.novel, classNames, way, shot, query, count, seed });
}
