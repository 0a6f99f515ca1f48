/**
 * Compiles the commands that only read results into a few files of JavaScript: the sources take longer to start.
 * `./clce` calls this program when a source is newer than its last output.
 */
import { readdir, readFile, rm, utimes } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeFile } from '@clce/files';
import { build, type Plugin } from 'esbuild';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
/** Inside the package, so that the output finds the package's dependencies. */
const OUT = join(PACKAGE, 'node_modules/.cache/clce');

/** A source that looks for a file beside itself goes on finding it there, also after the checkout has moved. */
const keepPlaces: Plugin = {
  name: 'keep-places',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const place = `new URL(${JSON.stringify(relative(OUT, path))}, import.meta.url).href`;
      const source = await readFile(path, 'utf8');
      return { contents: source.replaceAll('import.meta.url', place), loader: 'ts' };
    });
  },
};

const started = new Date();
const { outputFiles } = await build({
  entryPoints: [join(PACKAGE, 'src/main.ts')],
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  write: false,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // Native libraries, and what no command that only reads results loads.
  external: ['@duckdb/*', '@resvg/*', '@tensorflow/*', 'onnxruntime-*', 'sharp', 'vega*'],
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  plugins: [keepPlaces],
});

// The entry comes last: whoever finds it finds the files that it imports.
const entry = join(OUT, 'main.mjs');
const isEntry = ({ path }: { path: string }) => Number(path === entry);
for (const { path, contents } of outputFiles.toSorted((a, b) => isEntry(a) - isEntry(b))) {
  await writeFile(path, [contents]);
}
// A source that was changed meanwhile is newer than the output.
await utimes(entry, started, started);
const kept = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of await readdir(OUT)) if (!kept.has(name)) await rm(join(OUT, name), { recursive: true });
