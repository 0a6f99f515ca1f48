/** The programs of folders as one hash: what was made by them is made again where one of them has changed. */
import { createHash, type Hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** SHA-256 over the paths within their folder and the contents of all programs. Tests and `testing/` are no part of it. */
export function hashFolders(paths: readonly string[], version = ''): string {
  const hash = createHash('sha256').update(version);
  for (const folder of paths) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => PROGRAM.test(name)).sort()) {
      addFile(hash, file, readFileSync(join(folder, file)));
    }
  }
  return hash.digest('hex');
}

/** Adds a file to a hash: its path, with forward slashes, its length and its bytes. */
export function addFile(hash: Hash, path: string, bytes: Buffer): void {
  hash.update(`\0${path.replaceAll('\\', '/')}\0${bytes.length}\0`).update(bytes);
}

const PROGRAM = /^(?!testing[/\\]).*(?<!\.test|\.d)\.[jt]s$/;
