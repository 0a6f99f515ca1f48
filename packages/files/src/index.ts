export { ifAbsent } from './absence.ts';
export {
  appendLine,
  createFile,
  type FileOperations,
  FileWriteError,
  tryWrite,
  writeFile,
} from './atomic-file.ts';
export { canonicalJson } from './canonical-json.ts';
