/** The source files that graphs are traced from, as one hash: where it is the same, so are the graphs, and none is traced. */
import { createHash, type Hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineVersions } from '@clce/engine';
import { getLoss } from '@clce/losses';
import type { CellSpec } from './suite/cell.ts';

let own: string | undefined;

/**
 * The hash of what this process runs: the packages that build graphs, and the version of TensorFlow.js, which takes the
 * gradients. Files are read at the first call alone: a process goes on with the code that it has loaded.
 */
export function sourceHash(): string {
  own ??= hashFolders(folders(), engineVersions()['@tensorflow/tfjs']);
  return own;
}

/** The hash of what this process computes the cell by: a loss of the user's adds the files that it comes from. */
export function sourcesOf(spec: CellSpec): string {
  const loss = spec.kind === 'training' ? getLoss(spec.loss.name) : {};
  if (!('sources' in loss)) return sourceHash();
  return createHash('sha256').update(`${sourceHash()}\0${loss.sources}`).digest('hex');
}

function folders(): string[] {
  const { resolve } = createRequire(import.meta.url);
  const others = ['backbones', 'engine', 'losses'].map((name) => dirname(resolve(`@clce/${name}`)));
  return [...others, dirname(fileURLToPath(import.meta.url))];
}

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
