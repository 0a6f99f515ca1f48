import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { dirname, extname, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { UserError } from '@clce/registry';
import { OWN } from './module-hooks.ts';

/** What a user's file exports by default, and the SHA-256 of that file and of those that it imports by relative paths. */
export interface OwnModule {
  readonly exported: unknown;
  readonly sources: string;
}

/**
 * Imports a TypeScript or JavaScript file that may lie anywhere.
 *
 * @param path absolute
 * @throws UserError in one line where there is no such file, it is no TypeScript, or it throws
 */
export async function importOwn(path: string): Promise<OwnModule> {
  await access(path).catch(() => {
    throw new UserError(`${path}: there is no such file`);
  });
  const found = foundFiles();
  try {
    const module: { readonly default?: unknown } = await import(`${OWN}${pathToFileURL(path).href}`);
    return { exported: module.default, sources: await hashOf(path, drained(found)) };
  } catch (error) {
    drained(found);
    throw new UserError(placed(error, path), { cause: error });
  }
}

let port: MessagePort | undefined;

function foundFiles(): MessagePort {
  if (port === undefined) {
    const { port1, port2 } = new MessageChannel();
    port = port1;
    port.unref();
    // This file's own extension: .ts in the sources, .js once built.
    register(`./module-hooks${extname(import.meta.url)}`, import.meta.url, {
      data: { here: import.meta.url, port: port2 },
      transferList: [port2],
    });
  }
  return port;
}

/** Paths of all that has been found since the last call. */
function drained(found: MessagePort): string[] {
  const paths: string[] = [];
  for (let next = receiveMessageOnPort(found); next !== undefined; next = receiveMessageOnPort(found)) {
    paths.push(fileURLToPath(next.message as string));
  }
  return paths;
}

/** A folder that moves as a whole keeps its hash. */
async function hashOf(path: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [...new Set(files)].sort()) {
    const bytes = await readFile(file);
    hash.update(`\0${relative(dirname(path), file).replaceAll('\\', '/')}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** The message of an error in one line that begins with the file and, where it is known, the line and column. */
export function placed(error: unknown, path: string): string {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  // "Transform failed with 1 error:", and then the place and what is wrong there.
  const [, syntax] = /\n(.+:\d+:\d+: ERROR: .+)/.exec(message) ?? [];
  if (syntax !== undefined) return syntax.replace(' ERROR:', '');
  const [line] = message.split('\n');
  if (line!.includes(path)) return line!;
  const [, after = ''] = stack.split(`${path}:`);
  const [place] = /^\d+(:\d+)?/.exec(after) ?? [];
  return `${path}${place === undefined ? '' : `:${place}`}: ${line}`;
}
