/**
 * Compiles this checkout into a folder of JavaScript: node --import tsx compile.ts FOLDER. The sources take seconds longer to start,
 * because each of their modules, and each module of a dependency, passes through tsx. `start.mjs` calls this program.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compiledName } from '@clce/files';
import { build, type Plugin } from 'esbuild';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
const [given] = process.argv.slice(2);
if (given === undefined) throw new Error('usage: node --import tsx compile.ts FOLDER');
const folder = resolve(given);

/** The programs of the command's processes and threads. The last one tells what the others were compiled from. */
const HASH = 'packages/experiments/src/source-hash.ts';
const PROGRAMS = [
  'packages/cli/src/main.ts',
  'packages/cli/src/run/cell-worker.ts',
  'packages/runner/src/worker-process.ts',
  'packages/datasets/src/sampling/batch-worker.ts',
  'packages/experiments/src/own-files/module-hooks.ts',
  HASH,
];

/** Every module that a user's file can import by the name of a package. */
function exported(): string[] {
  return readdirSync(join(CHECKOUT, 'packages')).flatMap((name) => {
    const file = join(CHECKOUT, 'packages', name, 'package.json');
    const { exports = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly exports?: Readonly<Record<string, string>>;
    };
    return Object.values(exports).map((path) => join('packages', name, path));
  });
}

function suites(): string[] {
  const files = readdirSync(join(CHECKOUT, 'benchmarks/suites'));
  return files.filter((file) => /(?<!\.test)\.ts$/.test(file)).map((file) => `benchmarks/suites/${file}`);
}

/** A source that looks for a file beside itself goes on finding it there, also after the checkout has moved. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const place = `new URL(${JSON.stringify(relative(folder, path))}, import.meta.url).href`;
      const source = (await readFile(path, 'utf8')).replaceAll('import.meta.url', place);
      // The value of `COMPILED` in compiled.ts.
      const unset = 'COMPILED: string | undefined = undefined';
      return {
        contents: source.replace(unset, "COMPILED = new URL('./', import.meta.url).href"),
        loader: 'ts',
      };
    });
  },
};

/** Libraries that are native, register themselves, or are large and seldom used: they stay where they are, found from there. */
const externals: Plugin = {
  name: 'externals',
  setup(build) {
    const filter = /^(@duckdb\/|@resvg\/|@tensorflow\/|onnxruntime-|sharp$|vega)/;
    build.onResolve({ filter }, async ({ path, pluginData, ...options }) => {
      if (pluginData === 'found') return undefined;
      const found = await build.resolve(path, { ...options, pluginData: 'found' });
      if (found.errors.length > 0) return found;
      const place = relative(folder, found.path);
      return path === '@tensorflow/tfjs'
        ? { path: place, namespace: 'required' }
        : { path: place, external: true };
    });
    // Node would search an import for the names of its exports, which takes longer than to load it.
    build.onLoad({ filter: /./, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
    build.onResolve({ filter: /./, namespace: 'required' }, ({ path }) => ({ path, external: true }));
  },
};

const { metafile } = await build({
  entryPoints: [...new Set([...PROGRAMS, ...exported(), ...suites()])].map((path) => ({
    in: path,
    out: compiledName(path).replace(/\.mjs$/, ''),
  })),
  absWorkingDir: CHECKOUT,
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  metafile: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Errors name lines of the sources.
  sourcemap: true,
  sourcesContent: false,
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  plugins: [keepPlaces, externals],
});
for (const path of Object.keys(metafile.inputs)) {
  const isSeen = /^(packages\/[^/]+\/src|benchmarks\/suites)\/(?!.*testing\/).+(?<!\.test)\.ts$/.test(path);
  if (isSeen || path.includes('node_modules/')) continue;
  throw new Error(`start.mjs does not see whether ${path} has changed`);
}

const { hashSources } = (await import(pathToFileURL(join(folder, compiledName(HASH))).href)) as {
  readonly hashSources: () => string;
};
writeFileSync(join(folder, 'sources'), hashSources());
