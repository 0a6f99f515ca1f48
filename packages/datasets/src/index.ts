export type { DatasetSource } from './adapter.ts';
export type { Augmentation } from './augment/placement.ts';
export {
  type ContactSheet,
  sheetOfClasses,
  sheetOfEpisode,
  sheetOfViews,
} from './authoring/contact-sheet.ts';
export {
  type ClassSplit,
  type Dataset,
  type DatasetAdapter,
  imageAt,
  type LoadOptions,
  rowsOfClasses,
  type Sample,
} from './dataset.ts';
export { DatasetError, type DatasetFault } from './errors.ts';
export { type DataState, dataState } from './fetch/data-state.ts';
export { type FetchProgress, fetchDataset, verifyDataset } from './fetch/fetch-dataset.ts';
export { distributionOf, extractedRoot } from './fetch/places.ts';
export { decodeSamples } from './pack/decode.ts';
export { addDataset, datasetNames, getDataset, getSource } from './registry.ts';
export { type BatchLoader, type LoaderOptions, openBatchLoader } from './sampling/batch-loader.ts';
export {
  type Batch,
  evaluationImages,
  type TrainingBatches,
  type TrainingOptions,
  trainingBatches,
} from './sampling/batches.ts';
export { readEpisodes, writeEpisodes } from './sampling/episode-file.ts';
export { type Episode, type EpisodeOptions, sampleEpisodes } from './sampling/episodes.ts';
export { type ChannelStatistics, channelStatistics } from './sampling/normalise.ts';
export { type CounterRandom, counterRandom, RandomOperation } from './sampling/random.ts';
