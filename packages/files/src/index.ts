export { ifAbsent } from './absence.ts';
export {
  appendLine,
  createFile,
  type FileContent,
  type FileOperations,
  FileWriteError,
  tryWrite,
  writeFile,
} from './atomic-file.ts';
export { canonicalJson } from './canonical-json.ts';
export { COMPILED, compiledName, compiledOf, isSource, moduleBeside } from './compiled.ts';
export { hashOfFile, type KeptFile, type ListedFiles, settleFiles, writeFileSet } from './file-set.ts';
export { addFile, hashFolders } from './folder-hash.ts';
export { isMapping } from './is-mapping.ts';
export {
  intactDigest,
  parseJson,
  seal,
  sealedDigest,
  sealLine,
  unseal,
  withDigest,
  withoutDigest,
} from './sealed-json.ts';
