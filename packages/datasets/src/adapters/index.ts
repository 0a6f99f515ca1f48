// Every set that is read from official files, a line each, in alphabetical order; `clce new dataset` adds its line here.
export { folder } from './folder.ts';
