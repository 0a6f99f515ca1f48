export { type LazyBytes, memoryBytes } from './lazy-bytes.ts';
export { readPickle } from './pickle.ts';
export { Constructed, type Corrupt, type Item, Name, type PickleValue } from './value.ts';
export { type Call, text } from './vocabulary.ts';
