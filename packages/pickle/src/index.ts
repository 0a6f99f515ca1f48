export { type ByteRange, type Fail, fileBytes, type LazyBytes, memoryBytes } from './lazy-bytes.ts';
export { type ReadOptions, readPickle } from './pickle.ts';
export { Constructed, type Corrupt, type Item, LAZY_BYTES, Name, type PickleValue } from './value.ts';
export { type Call, text, type Vocabulary } from './vocabulary.ts';
