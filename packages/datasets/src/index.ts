export type { Augmentation } from './augment.ts';
export {
  type Batch,
  evaluationImages,
  type TrainingBatches,
  type TrainingOptions,
  trainingBatches,
} from './batches.ts';
export {
  type ClassSplit,
  type Dataset,
  type DatasetAdapter,
  imageAt,
  type LoadOptions,
  type Sample,
} from './dataset.ts';
export { type Episode, type EpisodeOptions, sampleEpisodes } from './episodes.ts';
export { DatasetError } from './errors.ts';
export { type ChannelStatistics, channelStatistics } from './normalise.ts';
export { type CounterRandom, counterRandom, RandomOperation } from './random.ts';
export { datasetNames, getDataset } from './registry.ts';
