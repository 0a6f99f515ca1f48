/**
 * What a file with a data set imports: `import { indexPictures } from '@clce/datasets/define'`. It is apart from the main export,
 * which lists the sets of this project, so that such a file can also be one of them.
 */
export type {
  DatasetIndex,
  DatasetSource,
  Distribution,
  ImageSource,
  RemoteFile,
  SourceSample,
} from './adapter.ts';
export { indexPictures } from './adapters/folder.ts';
export { allBase, readLines, splitOfNames, wholeNumber } from './adapters/official-files.ts';
export { DatasetError } from './errors.ts';
export { readCsv } from './readers/csv.ts';
export { readIdx } from './readers/idx.ts';
export { imageFolders } from './readers/image-folder.ts';
export { matNumbers, readMat } from './readers/mat.ts';
export { arrayNumbers, readNumpyPickle } from './readers/numpy-pickle.ts';
