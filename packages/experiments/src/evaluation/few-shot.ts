/**
 * The few-shot protocol on frozen features, after RFS (Tian et al. 2020, arXiv 2003.11539): N-way K-shot episodes of classes
 * that were not trained on. All cells share the same episodes. A simple classifier is fitted on each support set.
 */
import {
  type Dataset,
  DatasetError,
  type Episode,
  readEpisodes,
  rowsOfClasses,
  sampleEpisodes,
} from '@clce/datasets';
import type { FewShotScore } from '@clce/results';
import type { FewShotProtocol } from '../suite/preset.ts';
import { EpisodeRows, getFewShotClassifier } from './classifiers/index.ts';
import type { FeatureMatrix } from './features.ts';

/**
 * @param features row i describes sample `rows[i]`
 * @param given episodes over rows of the data set, by shot; without them the episodes are drawn
 * @throws DatasetError where one of the protocol's classes has fewer than shot + query samples
 */
export function evaluateFewShot(
  protocol: FewShotProtocol,
  dataset: Dataset,
  features: FeatureMatrix,
  rows: Int32Array,
  given?: ReadonlyMap<number, readonly Episode[]>,
): FewShotScore[] {
  const { way, query, shots } = protocol;
  const sides = dataset.split[protocol.classes];
  const classes = sides.map((label) => dataset.classNames[label]!);
  const placeOf = new Map(sides.map((label, place) => [label, place]));
  const held = new EpisodeRows(features, { support: way * Math.max(...shots), queries: way * query });
  const labels = Int32Array.from(rows, (row) => dataset.samples[row]!.label);
  const places = given && new Map(Array.from(rows, (row, place) => [row, place]));
  const placed = (sampleRows: Int32Array) => sampleRows.map((row) => places!.get(row)!);
  return shots.flatMap((shot) => {
    const episodes =
      given === undefined
        ? drawEpisodes(protocol, dataset, labels, shot, protocol.episodes)
        : given
            .get(shot)!
            .map((one) => ({ ...one, support: placed(one.support), queries: placed(one.queries) }));
    const drawn = episodes.flatMap((episode) => episode.classes.map((label) => placeOf.get(label)!));
    return protocol.classifiers.map((classifier) => {
      const correct = getFewShotClassifier(classifier).correct(held, episodes);
      return { kind: 'few-shot', shot, classifier, way, query, classes, drawn, correct };
    });
  });
}

/**
 * The protocol's episodes from a file, by shot.
 *
 * @throws DatasetError where the file lacks a shot, has episodes of another shape or too few of them
 */
export async function episodesOf(
  { way, shots, query, episodes: count, classes }: FewShotProtocol,
  dataset: Dataset,
  path: string,
): Promise<Map<number, readonly Episode[]>> {
  const sets = await readEpisodes(path, dataset, dataset.split[classes]);
  return new Map(
    shots.map((shot) => {
      const shape = `${way}-way ${shot}-shot with ${query} queries`;
      const found = sets.find(
        ([first]) => first?.way === way && first.shot === shot && first.query === query,
      );
      if (found !== undefined && found.length >= count) return [shot, found.slice(0, count)];
      throw new DatasetError(`${path} has ${found?.length ?? 0} episodes of ${shape}, not ${count}.`);
    }),
  );
}

/**
 * Checks that the data set has enough classes and samples for the protocol's episodes, or that the file of episodes fits.
 *
 * @throws DatasetError naming the class, its number of samples and the needed number
 */
export async function checkEpisodes(protocol: FewShotProtocol, dataset: Dataset): Promise<void> {
  if (protocol.episodeFile !== undefined) {
    await episodesOf(protocol, dataset, protocol.episodeFile);
    return;
  }
  const rows = rowsOfClasses(dataset, dataset.split[protocol.classes]);
  const labels = Int32Array.from(rows, (row) => dataset.samples[row]!.label);
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
