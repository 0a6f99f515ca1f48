/**
 * How Node finds what a user's file imports, wherever the file lies: `@clce/…` is this checkout's, a relative path is another file
 * of the user's. Anything else is looked for as Node does.
 */
import type { InitializeHook, ResolveHook } from 'node:module';
import type { MessagePort } from 'node:worker_threads';

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

export const resolve: ResolveHook = (specifier, context, next) => {
  const { here, port } = data!;
  const { parentURL = '' } = context;
  const isOwn = own.has(parentURL);
  if (specifier.startsWith(OWN) || (isOwn && /^\.{1,2}\//.test(specifier))) {
    const url = specifier.startsWith(OWN) ? specifier.slice(OWN.length) : new URL(specifier, parentURL).href;
    own.add(url);
    port.postMessage({ url, from: parentURL } satisfies FoundFile);
    // Without a package.json beside it, Node would take TypeScript for CommonJS.
    return { url, format: 'module', shortCircuit: true };
  }
  return next(specifier, isOwn && specifier.startsWith('@clce/') ? { ...context, parentURL: here } : context);
};
