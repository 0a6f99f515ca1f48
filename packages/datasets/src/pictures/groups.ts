/** Groups that the user knows of: pictures of one patient, one video, one plant. They are never divided. */
import { createHash } from 'node:crypto';
import { ifAbsent } from '@clce/files';
import { DatasetError } from '../errors.ts';
import { readCsv } from '../readers/csv.ts';

/**
 * - `pattern`: a regular expression whose first capturing group is the name of the group. A pattern with a `/` reads the path below the
 *   folder, any other pattern the name of the file.
 * - `file`: a CSV file with the columns `path`, below the folder, and `group`.
 */
export type GroupsBy = { readonly pattern: string } | { readonly file: string };

export interface Groups {
  /** Name of the group of each path; undefined for a picture that stands alone. */
  readonly of: ReadonlyMap<string, string | undefined>;
  /** Hash of all that decides, for provenance. */
  readonly hash: string;
}

/**
 * @param paths of the pictures
 * @param others paths of files that may be in the CSV file and are not used
 * @throws {DatasetError} naming the fault of the pattern, or the file and its first row or picture that does not fit
 */
export async function groupsOf(
  paths: readonly string[],
  by: GroupsBy | undefined,
  others: ReadonlySet<string> = new Set(),
): Promise<Groups> {
  const of =
    by === undefined
      ? new Map()
      : 'file' in by
        ? await byFile(paths, by.file, others)
        : byPattern(paths, by.pattern);
  const hash = createHash('sha256');
  for (const path of paths) hash.update(`${JSON.stringify([path, of.get(path) ?? null])}\n`);
  return { of, hash: hash.digest('hex') };
}

function byPattern(paths: readonly string[], pattern: string): Map<string, string | undefined> {
  const expression = compiled(pattern);
  const wholePath = pattern.includes('/');
  const of = new Map(
    paths.map((path) => {
      const text = wholePath ? path : path.slice(path.lastIndexOf('/') + 1);
      return [path, expression.exec(text)?.[1] || undefined];
    }),
  );
  if (paths.length > 0 && [...of.values()].every((group) => group === undefined)) {
    const [example] = paths;
    throw new DatasetError(
      `the group pattern ${pattern} finds no group in any of ${paths.length} ${wholePath ? 'paths' : 'names of files'}, such as ${wholePath ? example : example!.slice(example!.lastIndexOf('/') + 1)}.`,
    );
  }
  return of;
}

function compiled(pattern: string): RegExp {
  try {
    const expression = new RegExp(pattern, 'u');
    const capturing = new RegExp(`${pattern}|`, 'u').exec('')!.length - 1;
    if (capturing > 0) return expression;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(`the group pattern is no regular expression: ${reason}`, 'request', {
      cause: error,
    });
  }
  throw new DatasetError(
    `the group pattern ${pattern} has no part in parentheses, which would be the name of the group; expected one such as ^(patient\\d+)_.`,
  );
}

async function byFile(
  paths: readonly string[],
  file: string,
  others: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const rows = await readCsv(file, ['path', 'group']).catch(ifAbsent(undefined));
  if (rows === undefined) throw new DatasetError(`there is no file ${file} with groups.`, 'missing');
  if (rows.length === 0)
    throw new DatasetError(`${file} has no rows; expected the columns path and group.`, 'corrupt');
  // The file system may spell a letter with an accent in another way than the file.
  const spelled = new Map([...paths, ...others].map((path) => [path.normalize('NFC'), path]));
  const of = new Map<string, string>();
  const unknown: string[] = [];
  for (const [at, { path, group }] of rows.entries()) {
    const known = spelled.get(path.replace(/^\.\//, '').normalize('NFC'));
    const place = `${file}: row ${at + 1}`;
    if (group.trim() === '') throw new DatasetError(`${place} has no group for ${path}.`, 'corrupt');
    if (known === undefined) unknown.push(path);
    else if (of.has(known)) throw new DatasetError(`${place} has ${path} a second time.`, 'corrupt');
    else of.set(known, group);
  }
  if (unknown.length > 0) {
    throw new DatasetError(
      `${file} has ${unknown.length} paths that are not in the folder, the first ${unknown[0]}.`,
      'corrupt',
    );
  }
  const missing = paths.filter((path) => !of.has(path));
  if (missing.length > 0) {
    throw new DatasetError(
      `${file} has no group for ${missing.length} pictures, the first ${missing[0]}.`,
      'corrupt',
    );
  }
  return of;
}
