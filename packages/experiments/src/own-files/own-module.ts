import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { createRequire, register } from 'node:module';
import { dirname, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { addFile, COMPILED, compiledOf, moduleBeside } from '@clce/files';
import { UserError } from '@clce/registry';
import { type FoundFile, OWN } from './module-hooks.ts';

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
  await access(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new UserError(`${path}: ${why}`, { cause: error });
  });
  await listen();
  const url = pathToFileURL(path).href;
  try {
    const module: { readonly default?: unknown } = await import(`${OWN}${url}`);
    return { exported: module.default, sources: await hashOf(path, filesOf(url)) };
  } catch (error) {
    throw new UserError(placed(error, path), { cause: error });
  }
}

/**
 * Imports the file of a suite. In a compiled process a suite of this repository is compiled, too, and any other is read as a loss of
 * the user's is.
 *
 * @param path absolute
 */
export async function importSuiteFile(path: string): Promise<unknown> {
  const url = pathToFileURL(path).href;
  const compiled = compiledOf(url);
  // Node tells best of a file that is not there.
  if (COMPILED === undefined || compiled !== undefined || !existsSync(path)) return import(compiled ?? url);
  await listen();
  return import(`${OWN}${url}`);
}

let port: MessagePort | undefined;

async function listen(): Promise<void> {
  if (port !== undefined) return;
  const { port1, port2 } = new MessageChannel();
  port = port1;
  port.unref();
  // The sources run in tsx; a compiled process needs it for files of the user's alone.
  if (COMPILED !== undefined) {
    await import(pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href);
  }
  register(moduleBeside('./module-hooks', import.meta.url).href, {
    data: { here: import.meta.url, port: port2 },
    transferList: [port2],
  });
}

/** The user's files that each module imports, by URL. Node reports each import once. */
const imports = new Map<string, Set<string>>();

/** Paths of a file and of all that it imports, directly or not. */
function filesOf(url: string): string[] {
  for (let next = receiveMessageOnPort(port!); next !== undefined; next = receiveMessageOnPort(port!)) {
    const { url: found, from } = next.message as FoundFile;
    imports.set(from, (imports.get(from) ?? new Set()).add(found));
  }
  const reached = new Set([url]);
  for (const one of reached) for (const other of imports.get(one) ?? []) reached.add(other);
  return [...reached].map((one) => fileURLToPath(one));
}

/** A folder that moves as a whole keeps its hash. */
async function hashOf(path: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files.toSorted()) {
    addFile(hash, relative(dirname(path), file), await readFile(file));
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
