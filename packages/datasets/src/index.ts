export type { DatasetSource, Resizing } from './adapter.ts';
export type { Augmentation } from './augment/placement.ts';
export {
  type ContactSheet,
  sheetOfClasses,
  sheetOfEpisode,
  sheetOfSamples,
  sheetOfViews,
} from './authoring/contact-sheet.ts';
export { writePictures } from './authoring/write-pictures.ts';
export { type Dataset, type DatasetAdapter, imageAt, rowsOfClasses } from './dataset.ts';
export { DatasetError } from './errors.ts';
export { type DataState, dataState } from './fetch/data-state.ts';
export { type FetchProgress, fetchDataset, verifyDataset } from './fetch/fetch-dataset.ts';
export { distributionOf, extractedRoot } from './fetch/places.ts';
export { decodeSamples, resizingOf } from './pack/decode.ts';
export type { Answer, Answers } from './pictures/answers.ts';
export type { PictureOptions } from './pictures/examine.ts';
export { REASONS, type Reason, type Unused } from './pictures/files/find-files.ts';
export type { GroupsBy } from './pictures/groups.ts';
export { countsOf, lookAtPictures, noAnswer, type PicturesLook } from './pictures/look.ts';
export { type PictureFolder, pictureFolder } from './pictures/picture-folder.ts';
export type { Sequences } from './pictures/sequences.ts';
export { type DecodedPicture, decodeFiles, findUnlabelled } from './pictures/unlabelled.ts';
export { addDataset, addDatasetAdapter, datasetNames, getDataset, getSource } from './registry.ts';
export { RESERVE_RULE } from './reserve/deal-reserve.ts';
export {
  type Divisible,
  groupOf,
  type Holds,
  mostFolds,
  notReservable,
  type ReserveSide,
  splitWithReserve,
} from './reserve/split-with-reserve.ts';
export { openBatchLoader } from './sampling/batch-loader.ts';
export { type Batch, evaluationImages, type TrainingBatches, trainingBatches } from './sampling/batches.ts';
export { readEpisodes, writeEpisodes } from './sampling/episode-file.ts';
export { type Episode, sampleEpisodes } from './sampling/episodes.ts';
export { type ChannelStatistics, channelStatistics, imageWriter } from './sampling/normalise.ts';
export { counterRandom, RandomOperation } from './sampling/random.ts';
