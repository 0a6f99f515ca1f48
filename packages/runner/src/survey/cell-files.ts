/** Which files of a cell's folder are the ledger's own, and their removal. */
import { type Dirent, readdirSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { ifAbsent } from '@clce/files';

/**
 * Removes the ledger's own files of a cell, and the cell's folder unless somebody else's files are in it.
 *
 * @returns the names of the removed files, and of those that stay
 */
export async function removeCellFiles(
  directory: string,
  key: string,
): Promise<{ readonly removed: readonly string[]; readonly kept: readonly string[] }> {
  const folder = join(directory, key);
  const entries = await entriesOf(folder);
  const removed = entries.filter(isOfLedger).map(({ name }) => name);
  for (const name of removed) await nodeFiles.rm(join(folder, name), { force: true });
  await nodeFiles.rmdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(String(error.code))) throw error;
  });
  return { removed, kept: entries.filter((entry) => !isOfLedger(entry)).map(({ name }) => name) };
}

/** Removes what only an unfinished cell needs. The caller owns the cell, and the cell has its result. */
export async function removeBesideResult(directory: string, key: string): Promise<void> {
  const folder = join(directory, key);
  for (const entry of await entriesOf(folder)) {
    const { name } = entry;
    const goes = isOfLedger(entry) && (isSnapshot(name) || isHalfWritten(name));
    if (goes) await nodeFiles.rm(join(folder, name), { force: true });
  }
}

/** Files of a cell's folder. */
export const OWN = [
  'result.json',
  'provenance.json',
  'sources.json',
  'failure.json',
  'journal.jsonl',
  'weights.safetensors',
];
export const isSnapshot = (name: string): boolean => name === 'snapshot.safetensors';
const isOwn = (name: string): boolean => OWN.includes(name) || isSnapshot(name);

/** The name under which `writeFile` of `@clce/files` writes a file, until the file is whole. */
export const TEMPORARY = /^\.(.+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

export function isHalfWritten(name: string): boolean {
  const [, whole] = TEMPORARY.exec(name) ?? [];
  return whole !== undefined && isOwn(whole);
}

/** A folder is somebody else's, whatever its name. */
export function isOfLedger(entry: Dirent): boolean {
  return !entry.isDirectory() && (isOwn(entry.name) || isHalfWritten(entry.name));
}

/** Reads without a promise inside: many thousand folders take a fifth of the processor time. */
export async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    return ifAbsent<Dirent[]>([])(error);
  }
}
