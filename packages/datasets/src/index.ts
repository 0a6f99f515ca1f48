export type { DatasetSource } from './adapter.ts';
export type { Augmentation } from './augment/placement.ts';
export { type BatchLoader, type LoaderOptions, openBatchLoader } from './batch-loader.ts';
export {
  type Batch,
  evaluationImages,
  type TrainingBatches,
  type TrainingOptions,
  trainingBatches,
} from './batches.ts';
export { type ContactSheet, sheetOfClasses, sheetOfEpisode, sheetOfViews } from './contact-sheet.ts';
export {
  type ClassSplit,
  type Dataset,
  type DatasetAdapter,
  imageAt,
  type LoadOptions,
  rowsOfClasses,
  type Sample,
} from './dataset.ts';
export { decodeSamples } from './decode.ts';
export { readEpisodes, writeEpisodes } from './episode-file.ts';
export { type Episode, type EpisodeOptions, sampleEpisodes } from './episodes.ts';
export { DatasetError, type DatasetFault } from './errors.ts';
export { type DataState, dataState } from './fetch/data-state.ts';
export { type FetchProgress, fetchDataset, verifyDataset } from './fetch/fetch-dataset.ts';
export { distributionOf, extractedRoot } from './fetch/places.ts';
export { newDataset } from './new-dataset.ts';
export { type ChannelStatistics, channelStatistics } from './normalise.ts';
export { type CounterRandom, counterRandom, RandomOperation } from './random.ts';
export { addDataset, datasetNames, getDataset, getSource } from './registry.ts';
