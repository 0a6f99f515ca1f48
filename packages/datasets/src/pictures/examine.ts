/** Decodes the pictures of a folder, and finds which of them belong together. */
import { DatasetError } from '../errors.ts';
import { nearCopies, type Pair } from './copies/near-copies.ts';
import type { Unused } from './files/find-files.ts';
import type { FoundPictures } from './files/find-pictures.ts';
import { type Groups, type GroupsBy, groupsOf } from './groups.ts';
import { inspect, type Picture } from './inspect.ts';
import { Units } from './units.ts';

/** What is to be known of a folder of pictures, beside the folder itself. */
export interface PictureOptions {
  /** Absent: only near-duplicates belong together. */
  readonly groups?: GroupsBy | undefined;
  /** Whether broken pictures are left out. By default they are an error. */
  readonly skipBroken?: boolean | undefined;
}

export interface Examined {
  /** By path, broken ones left out. */
  readonly pictures: readonly Picture[];
  readonly broken: readonly Unused[];
  /** Rows of `pictures` that are near-duplicates. */
  readonly pairs: readonly Pair[];
  readonly groups: Groups;
  /** The unit of each picture: the first path among the pictures that belong together. */
  readonly units: readonly string[];
}

/**
 * @param onProgress called while pictures are decoded
 * @throws {DatasetError} `corrupt` naming the first broken picture, unless they are left out; errors of `groupsOf` and `inspect`
 */
export async function examine(
  { folder, pictures: found, broken: empty, unused }: FoundPictures,
  { groups: by, skipBroken = false }: PictureOptions,
  onProgress?: (done: number, total: number) => void,
): Promise<Examined> {
  const others = new Set([...unused, ...empty].map(({ path }) => path));
  const groups = await groupsOf(
    found.map(({ path }) => path),
    by,
    others,
  );
  if (!skipBroken) refuseBroken(folder, empty);
  const { pictures, broken: undecodable } = await inspect(folder, found, onProgress);
  const broken = [...empty, ...undecodable];
  if (!skipBroken) refuseBroken(folder, broken);
  const pairs = nearCopies(pictures);
  const joined = new Units(pictures.length);
  for (const [earlier, later] of pairs) joined.join(earlier, later);
  const firstOf = new Map<string, number>();
  for (const [row, { path }] of pictures.entries()) {
    const group = groups.of.get(path);
    if (group === undefined) continue;
    joined.join(firstOf.get(group) ?? row, row);
    firstOf.set(group, row);
  }
  const units = pictures.map((_, row) => pictures[joined.firstOf(row)]!.path);
  return { pictures, broken, pairs, groups, units };
}

/** @throws {DatasetError} in one line that says how to go on without them */
export function refuseBroken(folder: string, broken: readonly Unused[]): void {
  const [first] = broken;
  if (first === undefined) return;
  const many = broken.length === 1 ? '1 broken picture' : `${broken.length} broken pictures, the first`;
  throw new DatasetError(
    `${folder} has ${many}: ${first.path} (${first.detail}); mend or remove, or go on without with --skip-broken.`,
    'corrupt',
  );
}
