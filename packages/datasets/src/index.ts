export type { DatasetSource } from './adapter.ts';
export type { Augmentation } from './augment/placement.ts';
export {
  type ContactSheet,
  sheetOfClasses,
  sheetOfEpisode,
  sheetOfViews,
} from './authoring/contact-sheet.ts';
export { type Dataset, imageAt, rowsOfClasses } from './dataset.ts';
export { DatasetError } from './errors.ts';
export { type DataState, dataState } from './fetch/data-state.ts';
export { type FetchProgress, fetchDataset, verifyDataset } from './fetch/fetch-dataset.ts';
export { distributionOf, extractedRoot } from './fetch/places.ts';
export { decodeSamples } from './pack/decode.ts';
export { addDataset, datasetNames, getDataset, getSource } from './registry.ts';
export { RESERVE_RULE } from './reserve/deal-reserve.ts';
export { groupOf, notReservable, type ReserveSide, splitWithReserve } from './reserve/split-with-reserve.ts';
export { openBatchLoader } from './sampling/batch-loader.ts';
export { type Batch, evaluationImages, type TrainingBatches, trainingBatches } from './sampling/batches.ts';
export { readEpisodes, writeEpisodes } from './sampling/episode-file.ts';
export { type Episode, sampleEpisodes } from './sampling/episodes.ts';
export { type ChannelStatistics, channelStatistics } from './sampling/normalise.ts';
export { counterRandom, RandomOperation } from './sampling/random.ts';
