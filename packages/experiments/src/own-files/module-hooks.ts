/**
 * How Node finds what a user's file imports, wherever the file lies: `@clce/…` is this checkout's, a relative path is another file
 * of the user's. Anything else is looked for as Node does. In a compiled process, a module of this checkout is the compiled one that
 * the process runs: a second copy of it would have registries of its own.
 */
import type { InitializeHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';
import { compiledOf, isSource } from '@clce/files';

/** Before the address of a user's file, so that none but such files are concerned. */
export const OWN = 'clce-own:';

interface HookData {
  /** A module of this project that can import what users may. */
  readonly here: string;
  readonly port: MessagePort;
}

/** The address of a user's file, and of the module that imports it. */
export interface FoundFile {
  readonly url: string;
  readonly from: string;
}

let data: HookData | undefined;
const own = new Set<string>();

export const initialize: InitializeHook<HookData> = (given) => {
  data = given;
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  const { here, port } = data!;
  const { parentURL = '' } = context;
  const isOwn = own.has(parentURL);
  if (specifier.startsWith(OWN) || (isOwn && /^\.{1,2}\//.test(specifier))) {
    const url = specifier.startsWith(OWN) ? specifier.slice(OWN.length) : new URL(specifier, parentURL).href;
    own.add(url);
    port.postMessage({ url, from: parentURL } satisfies FoundFile);
    // Without a package.json beside it, Node would take TypeScript for CommonJS.
    return { ...compiledIfSource(url), format: 'module', shortCircuit: true };
  }
  const found = await next(
    specifier,
    isOwn && specifier.startsWith('@clce/') ? { ...context, parentURL: here } : context,
  );
  return isSource(found.url) ? { ...found, ...compiledIfSource(found.url), format: 'module' } : found;
};

/** @throws Error for a source that a compiled process cannot import without a second copy */
function compiledIfSource(url: string): { readonly url: string } {
  const compiled = compiledOf(url);
  if (compiled !== undefined) return { url: compiled };
  if (!isSource(url)) return { url };
  const why = `a compiled command cannot import ${url}, which no package exports`;
  // The class of an error does not reach the importing thread; `main.ts` takes one with a code for the user's.
  throw Object.assign(new Error(`${why}; "npx --yes pnpm@12.21.0 clce" runs the sources`), {
    code: 'CLCE_NOT_EXPORTED',
  });
}
