/**
 * Files that belong together and appear together: a table with its plots.
 *
 * One of them, the list, names the others with their SHA-256. All files are written beside their places first; then the
 * list is renamed into its place. Before this rename the former set is there, and after it the new set: a file that is not
 * in its place yet lies beside it, under a name with its hash, and `settleFiles` moves it. So a crash between two renames
 * leaves work for the next reader, never two halves.
 */
import { createHash, randomUUID } from 'node:crypto';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from './absence.ts';
import {
  type FileContent,
  type FileOperations,
  FileWriteError,
  syncDirectory,
  unfinished,
  writeAndSync,
} from './atomic-file.ts';

/** What the list says, by the names of the files. */
export interface ListedFiles {
  /** SHA-256 of each file of the set. */
  readonly files: Readonly<Record<string, string>>;
  /** SHA-256 of each file that the set no longer has; a file with another content is somebody else's. */
  readonly gone: Readonly<Record<string, string>>;
}

/** A file that stays as it lies in its place, with this SHA-256. */
export interface KeptFile {
  readonly sha256: string;
}

export interface FileSet {
  readonly folder: string;
  readonly files: Readonly<Record<string, FileContent | KeptFile>>;
  /** The former set: the hash of each file, or null where its list had none. */
  readonly former: Readonly<Record<string, string | null>>;
  readonly list: { readonly name: string; readonly textOf: (listed: ListedFiles) => string };
}

/**
 * @returns names of files of the former set that somebody has changed; they are left alone
 * @throws FileWriteError; the former set is whole, or `settleFiles` completes the new set
 */
export async function writeFileSet(
  { folder, files, former, list }: FileSet,
  operations: FileOperations = nodeFiles,
): Promise<string[]> {
  const hashes = Object.fromEntries(
    Object.entries(files).map(([name, content]) => [
      name,
      isKept(content) ? content.sha256 : hashOf(content),
    ]),
  );
  const { gone, changed } = await leaving(folder, files, former);
  const listed = { files: hashes, gone };
  const text = list.textOf(listed);
  const waiting: string[] = [];
  let at = list.name;
  try {
    await operations.mkdir(folder, { recursive: true });
    for (const [name, content] of [...Object.entries(files), [list.name, text] as const]) {
      at = name;
      // What is there already stays.
      if (name !== list.name && (await hashOfFile(join(folder, name))) === hashes[name]) continue;
      if (isKept(content)) throw new Error('it has changed while the files beside it were written');
      const path = join(folder, waitingName(name, hashes[name] ?? hashOf(content)));
      waiting.push(path);
      unfinished.add(path);
      await writeAndSync(path, content, operations);
    }
    await syncDirectory(folder, operations);
    await operations.rename(waiting.at(-1)!, join(folder, list.name));
  } catch (error) {
    for (const path of waiting) await operations.rm(path, { force: true }).catch(() => {});
    throw new FileWriteError(join(folder, at), error);
  } finally {
    for (const path of waiting) unfinished.delete(path);
  }
  await syncDirectory(folder, operations).catch((error: unknown) => {
    throw new FileWriteError(join(folder, list.name), error);
  });
  const [fault] = await settleFiles(folder, listed, operations);
  if (fault?.cause !== undefined) throw new FileWriteError(join(folder, fault.name), fault.cause);
  await removeLeftOver(folder, [...Object.keys(files), list.name], operations);
  return changed;
}

/** A file that is not as the list says. */
export interface FileFault {
  readonly name: string;
  /** Why the file could not be moved into its place, where it lies beside it. */
  readonly cause?: unknown;
}

/** Moves the files into their places that an interrupted write has left beside them. @returns what is still not as listed */
export async function settleFiles(
  folder: string,
  { files, gone }: ListedFiles,
  operations: FileOperations = nodeFiles,
): Promise<FileFault[]> {
  const faults: FileFault[] = [];
  let moved = false;
  for (const [name, hash] of Object.entries(files)) {
    if ((await hashOfFile(join(folder, name))) === hash) continue;
    const beside = await waitingFile(folder, name, hash);
    try {
      if (beside !== undefined) await operations.rename(beside, join(folder, name));
      moved ||= beside !== undefined;
      // Another reader may have moved the file first.
      if ((await hashOfFile(join(folder, name))) !== hash) faults.push({ name });
    } catch (cause) {
      if ((await hashOfFile(join(folder, name))) !== hash) faults.push({ name, cause });
    }
  }
  for (const [name, hash] of Object.entries(gone)) {
    if ((await hashOfFile(join(folder, name))) !== hash) continue;
    await operations.rm(join(folder, name), { force: true }).catch((cause: unknown) => {
      faults.push({ name, cause });
    });
    moved = true;
  }
  if (moved) await syncDirectory(folder, operations).catch(() => {});
  return faults;
}

/** Files of the former set that the new set has not: with their hashes where they are as they were written. */
async function leaving(
  folder: string,
  files: FileSet['files'],
  former: FileSet['former'],
): Promise<{ readonly gone: Record<string, string>; readonly changed: string[] }> {
  const gone: Record<string, string> = {};
  const changed: string[] = [];
  for (const [name, written] of Object.entries(former)) {
    if (Object.hasOwn(files, name)) continue;
    const found = await hashOfFile(join(folder, name));
    if (found === undefined) continue;
    if (written === null || found === written) gone[name] = found;
    else changed.push(name);
  }
  return { gone, changed };
}

function isKept(content: FileContent | KeptFile): content is KeptFile {
  return typeof content === 'object' && 'sha256' in content;
}

function waitingName(name: string, hash: string): string {
  return `.${name}.${hash.slice(0, 12)}.${randomUUID()}.tmp`;
}

async function waitingFile(folder: string, name: string, hash: string): Promise<string | undefined> {
  const start = `.${name}.${hash.slice(0, 12)}.`;
  const names = await nodeFiles.readdir(folder).catch(ifAbsent<string[]>([]));
  for (const candidate of names.filter((one) => one.startsWith(start) && one.endsWith('.tmp'))) {
    const path = join(folder, candidate);
    // A writer that was killed leaves a part.
    if ((await hashOfFile(path)) === hash) return path;
  }
  return undefined;
}

/** Removes what killed writers have left beside these files: an hour older than the file itself, by the clock of the folder. */
async function removeLeftOver(
  folder: string,
  names: readonly string[],
  operations: FileOperations,
): Promise<void> {
  const there = await nodeFiles.readdir(folder).catch(ifAbsent<string[]>([]));
  for (const left of there.filter((one) => names.some((name) => isWaitingFor(one, name)))) {
    const path = join(folder, left);
    const [old, now] = await Promise.all(
      [path, join(folder, names.at(-1)!)].map((file) => nodeFiles.stat(file).catch(ifAbsent(undefined))),
    );
    if (old === undefined || now === undefined || now.mtimeMs - old.mtimeMs < LEFT_OVER_MS) continue;
    await operations.rm(path, { force: true }).catch(() => {});
  }
}

const LEFT_OVER_MS = 60 * 60_000;

function isWaitingFor(file: string, name: string): boolean {
  return (
    file.startsWith(`.${name}.`) && /^[0-9a-f]{12}\.[0-9a-f-]{36}\.tmp$/.test(file.slice(name.length + 2))
  );
}

function hashOf(content: FileContent): string {
  const hash = createHash('sha256');
  for (const part of typeof content === 'string' ? [content] : content) hash.update(part);
  return hash.digest('hex');
}

/** SHA-256 of a file; undefined without a file of this name. */
export async function hashOfFile(path: string): Promise<string | undefined> {
  const bytes = await nodeFiles.readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EISDIR') return undefined;
    return ifAbsent(undefined)(error);
  });
  return bytes === undefined ? undefined : hashOf([bytes]);
}
