/** Lists the files of a folder of pictures: CLASS/FILE and deeper, or at any depth. What is not listed is named with its reason. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { isDrawable, visible } from '@clce/text';
import { DatasetError } from '../../errors.ts';

/** Why a file is not used, in words; the keys of a count. */
export const REASONS = {
  hidden: 'hidden',
  loose: 'in no class, because it lies directly in the folder',
  name: 'a name that is not UTF-8 or has characters that are not shown',
  special: 'a pipe, a socket or a device',
  link: 'a link that leads nowhere, or to a folder that is read already',
  'no-picture': 'no picture by its bytes',
  format: 'a kind of picture that is not read',
  broken: 'a broken picture',
  'empty-class': 'a class without pictures',
} as const;

export type Reason = keyof typeof REASONS;

/** A file or folder that is not used. */
export interface Unused {
  /** Path below the folder with `/`; bytes that are no UTF-8 are `\xNN`. A folder's path ends with `/`. */
  readonly path: string;
  readonly reason: Reason;
  /** What was found, where the reason alone does not say it. */
  readonly detail?: string;
}

export interface FoundFiles {
  /** Names of the folders below the folder, by code unit. */
  readonly folders: readonly string[];
  /** Paths of regular files below the folder with `/`, by code unit. With classes, the first part of a path is one of `folders`. */
  readonly files: readonly string[];
  readonly unused: readonly Unused[];
}

/** A folder, on its way from the top: the real paths of the folders that lead to it, its own last. */
interface Place {
  /** Path below the top folder; empty for the top. */
  readonly path: string;
  readonly chain: readonly string[];
}

/**
 * Follows links, each real folder once and real folders first. Opens no file.
 *
 * @param hasClasses whether the folders of the top are classes; otherwise pictures lie at any depth, in the top as well
 * @throws {DatasetError} `missing` without such a folder; `unsafe-path` naming a link that leads back to a folder around it;
 *   `corrupt` naming two names that are equal after Unicode normalisation
 */
export async function findFiles(folder: string, hasClasses = true): Promise<FoundFiles> {
  const top = await realpath(folder).catch((error: unknown) => {
    throw new DatasetError(
      `there is no folder ${folder}; give a folder ${hasClasses ? 'with a folder of pictures for each class' : 'of pictures'}.`,
      'missing',
      {
        cause: error,
      },
    );
  });
  const found = { folders: [] as string[], files: [] as string[], unused: [] as Unused[] };
  const [visited, links]: [Set<string>, Place[]] = [new Set(), []];
  await walk({ path: '', chain: [top] });
  for (const { path, chain } of links) {
    const target = await realpath(join(folder, path));
    const around = chain.find(
      (real) => real === target || real.startsWith(target === sep ? sep : target + sep),
    );
    if (around !== undefined) {
      throw new DatasetError(
        `${path} is a link to ${target}, which holds the link itself; remove it.`,
        'unsafe-path',
      );
    }
    await walk({ path, chain: [...chain, target] });
  }
  refuseEqualNames([...found.folders, ...found.files]);
  return {
    folders: found.folders.sort(byCodeUnit),
    files: found.files.sort(byCodeUnit),
    unused: sorted(found.unused),
  };

  async function walk(place: Place): Promise<void> {
    const real = place.chain.at(-1)!;
    if (visited.has(real)) {
      found.unused.push({ path: `${place.path}/`, reason: 'link', detail: `${real} is read already` });
      return;
    }
    visited.add(real);
    if (place.path !== '' && !place.path.includes('/')) found.folders.push(place.path);
    const entries = (await entriesOf(real)).map((entry) => ({ entry, ...nameOf(entry.name) }));
    for (const { entry, name, shown } of entries.sort((a, b) => byCodeUnit(a.shown, b.shown))) {
      const path = [place.path, shown].filter(Boolean).join('/');
      const kind = await kindOf(entry, () => join(folder, path));
      const reason = refusal(name, kind, hasClasses && place.path === '');
      if (reason !== undefined) {
        found.unused.push({ path: visible(kind.endsWith('folder') ? `${path}/` : path), reason });
      } else if (kind === 'folder') await walk({ path, chain: [...place.chain, join(real, shown)] });
      else if (kind === 'linked folder') links.push({ path, chain: place.chain });
      else found.files.push(path);
    }
  }
}

type Kind = 'folder' | 'linked folder' | 'file' | 'special' | 'nowhere';

function refusal(name: string | undefined, kind: Kind, isTop: boolean): Reason | undefined {
  if (name?.startsWith('.') === true) return 'hidden';
  const isFolder = kind.endsWith('folder');
  // A class has its name in tables and plots.
  if (name === undefined || /\p{Cc}/u.test(name) || (isTop && isFolder && !isDrawable(name))) return 'name';
  if (kind === 'special') return 'special';
  if (kind === 'nowhere') return 'link';
  return isTop && !isFolder ? 'loose' : undefined;
}

async function entriesOf(folder: string): Promise<Dirent<Buffer>[]> {
  return readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError(`${folder} cannot be listed: ${reason}`, 'missing', { cause: error });
  });
}

/** The name as text, undefined where it is no UTF-8; and as it is shown. */
function nameOf(bytes: Buffer): { readonly name: string | undefined; readonly shown: string } {
  const name = bytes.toString();
  if (Buffer.from(name).equals(bytes)) return { name, shown: name };
  const shown = bytes
    .toString('latin1')
    .replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  return { name: undefined, shown };
}

async function kindOf(entry: Dirent<Buffer>, path: () => string): Promise<Kind> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (!entry.isSymbolicLink()) return 'special';
  const target = await stat(path()).catch((error: unknown) => {
    // No target, a link to itself, or a target that may not be seen.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  });
  if (target === undefined) return 'nowhere';
  if (target.isDirectory()) return 'linked folder';
  return target.isFile() ? 'file' : 'special';
}

function refuseEqualNames(paths: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const path of paths) {
    const normal = path.normalize('NFC');
    const other = seen.get(normal);
    if (other !== undefined) {
      throw new DatasetError(
        `${escaped(other)} and ${escaped(path)} are one name after Unicode normalisation (NFC), so that they would print the same; rename one.`,
        'corrupt',
      );
    }
    seen.set(normal, path);
  }
}

/** The path with every character outside ASCII as `\uXXXX`. */
function escaped(path: string): string {
  return visible(path).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sorted(unused: readonly Unused[]): Unused[] {
  return unused.toSorted((a, b) => byCodeUnit(a.path, b.path));
}

export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
