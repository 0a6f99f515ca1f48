/** The index of a ledger for the commands that read all of its results. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { hashFolders } from '@clce/files';
import { type ReportedResult, reportedAsJson, reportedFromJson } from '@clce/results';
import { type OpenIndex, openResultIndex } from '@clce/runner';
import { REPOSITORY } from '../places.ts';

/**
 * An index holds no map of embeddings, because maps take more room than all else and few are shown.
 *
 * @param needsMap whether the result of this cell is of no use without its map
 */
export function indexOf(
  directory: string,
  needsMap: (key: string) => boolean = () => false,
): OpenIndex<ReportedResult> {
  return openResultIndex<ReportedResult>({
    directory,
    version: readersHash(),
    pack: reportedAsJson,
    unpack(packed, key) {
      const result = reportedFromJson(packed);
      return result.quality !== null && needsMap(key) ? undefined : result;
    },
  });
}

/** The programs that parse and judge a stored result, and the exact versions of the libraries that they use. */
function readersHash(): string {
  const { resolve } = createRequire(import.meta.url);
  const folders = ['files', 'results', 'runner'].map((name) => dirname(resolve(`@clce/${name}`)));
  return hashFolders(folders, readFileSync(join(REPOSITORY, 'pnpm-lock.yaml'), 'utf8'));
}
