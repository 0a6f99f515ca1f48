/** Few-shot accuracy of frozen features by nearest centroid, compared with raw pixels and random weights. */
import { getBackbone } from '@clce/backbones';
import { type Dataset, getDataset, rowsOfClasses } from '@clce/datasets';
import { getEngine } from '@clce/engine';
import { measurementsOf, reportedResult } from '@clce/results';
import { type Interval, normalInterval } from '@clce/statistics';
import { openWeights } from '../suite/input-files.ts';
import { normalisationOf } from '../suite/normalisation.ts';
import type { Normalisation } from '../suite/normalisation-names.ts';
import type { FewShotProtocol } from '../suite/preset.ts';
import { backboneExtractor, type Extractor, pixelExtractor } from './extractor.ts';
import { evaluateFewShot } from './few-shot.ts';

export interface ProbeOptions {
  readonly backbone: string;
  /** A weight file; by default the weights bundled with the backbone. */
  readonly weights?: string;
  readonly dataset: string;
  /** Height and width of the images, in pixels. */
  readonly imageSize: number;
  readonly episodes: number;
  /** The pixel normalisation of the weights; by default that of bundled weights, else the data's own statistics. */
  readonly normalisation?: Normalisation;
  /** Folder that holds the data sets. */
  readonly dataRoot: string;
}

export interface ProbeRow {
  readonly features: 'raw pixels' | 'random weights' | 'pretrained weights';
  readonly shot: number;
  /** Mean accuracy over episodes, in percent, with its 95 % interval. */
  readonly accuracy: Interval;
}

/** The episodes of the few-shot suites. */
const EPISODES = {
  kind: 'few-shot',
  classes: 'novel',
  way: 5,
  shots: [1, 5],
  query: 15,
  seed: 2024,
} as const;
/** Seed of the random weights. */
const SEED = 0;

/**
 * Evaluates each kind of features on the same episodes of novel classes.
 *
 * @throws WeightFileError, DatasetError, RangeError naming the missing or unknown item
 */
export async function probe(options: ProbeOptions): Promise<ProbeRow[]> {
  const { imageSize, episodes, dataRoot } = options;
  const backbone = getBackbone(options.backbone);
  const { bundled } = backbone;
  const dataset = await getDataset(options.dataset).load({ dataRoot, size: imageSize });
  const file = options.weights ?? bundled?.path();
  const expected = options.weights === undefined ? bundled?.normalisation : undefined;
  const statistics = normalisationOf(options.normalisation ?? expected, dataset);
  const engine = await getEngine('onnx').start();
  const protocol: FewShotProtocol = {
    ...EPISODES,
    shots: [...EPISODES.shots],
    episodes,
    classifiers: ['nearest-centroid'],
  };
  const rows: ProbeRow[] = [];
  const add = async (features: ProbeRow['features'], extractor: Extractor): Promise<void> => {
    rows.push(...(await evaluate(features, extractor, dataset, protocol)));
    await extractor.dispose();
  };
  await add('raw pixels', pixelExtractor);
  await add('random weights', await backboneExtractor(backbone, SEED, dataset, statistics, engine));
  if (file !== undefined) {
    const weights = await openWeights(backbone.name, file);
    await add('pretrained weights', await backboneExtractor(backbone, weights, dataset, statistics, engine));
  }
  return rows;
}

async function evaluate(
  features: ProbeRow['features'],
  extractor: Extractor,
  dataset: Dataset,
  protocol: FewShotProtocol,
): Promise<ProbeRow[]> {
  const rows = rowsOfClasses(dataset, dataset.split[protocol.classes]);
  const scores = evaluateFewShot(protocol, dataset, await extractor.extract(dataset, rows), rows);
  return measurementsOf(reportedResult({ scores, training: null, quality: null })).map(
    ({ shot, episodes }) => ({ features, shot: shot!, accuracy: normalInterval(episodes()) }),
  );
}
