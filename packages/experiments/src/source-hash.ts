/** The source files that graphs are traced from, as one hash: where it is the same, so are the graphs, and none is traced. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineVersions } from '@clce/engine';
import { COMPILED, hashFolders } from '@clce/files';
import { getLoss } from '@clce/losses';
import type { CellSpec } from './suite/cell.ts';

let own: string | undefined;

/**
 * The hash of what this process runs: the packages that build graphs, and the version of TensorFlow.js, which takes the
 * gradients. Files are read at the first call alone: a process goes on with the code that it has loaded. Compiled code keeps the
 * hash of the sources that it was compiled from.
 */
export function sourceHash(): string {
  own ??= COMPILED === undefined ? hashSources() : readFileSync(new URL('sources', COMPILED), 'utf8');
  return own;
}

/** The hash of the sources as they are now. */
export function hashSources(): string {
  return hashFolders(folders(), engineVersions()['@tensorflow/tfjs']);
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
