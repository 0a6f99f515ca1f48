/**
 * The compiled form of this checkout (`packages/cli/src/compile.ts`): one folder that no later compilation changes. So a process and
 * the workers that it starts run the same code, also after a source was edited.
 */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';

/** The folder whose files this process runs, as a URL. Undefined where the process runs the sources. The compiler sets it. */
export const COMPILED: string | undefined = undefined;

/** The URL of a module beside this one, in the form that this process runs. @param name such as `./worker`, without extension */
export function moduleBeside(name: string, from: string): URL {
  const source = new URL(name + extname(from), from);
  if (COMPILED === undefined) return source;
  const compiled = compiledOf(source.href);
  if (compiled === undefined) throw new Error(`${source.href} has no compiled form in ${COMPILED}`);
  return new URL(compiled);
}

/** The URL of the compiled form of a source. Undefined where this process runs the sources, or that module has no file of its own. */
export function compiledOf(source: string): string | undefined {
  if (COMPILED === undefined || !isSource(source)) return undefined;
  const compiled = new URL(compiledName(source.slice(checkout(COMPILED).length)), COMPILED);
  return existsSync(compiled) ? compiled.href : undefined;
}

/** Whether the URL is one of a source of this checkout, where this process runs compiled files. */
export function isSource(url: string): boolean {
  if (COMPILED === undefined || !url.startsWith(checkout(COMPILED))) return false;
  return /^(packages\/[^/]+\/src|benchmarks\/suites)\/.+\.ts$/.test(url.slice(checkout(COMPILED).length));
}

/** The name of a compiled file. @param path of its source in the checkout */
export function compiledName(path: string): string {
  return path.replaceAll('/', '.').replace(/\.ts$/, '.mjs');
}

const checkout = (compiled: string): string => new URL('../../../../../../', compiled).href;
