/**
 * `pnpm test:tfjs-node`: the engine `tfjs-node` on a real libtensorflow.
 *
 * The package's own install script fetches its library from a place that not every machine reaches. tfjs-node-lambda-releases
 * holds libtensorflow 1.15 and a binding for Linux on x86-64, of 2020: good enough to test with, never to be depended on.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { execa } from 'execa';
import { defineConfig } from 'vitest/config';
import { HANGS_MS } from './vitest.config.ts';

export default defineConfig(async () => ({
  resolve: { alias: { '@tensorflow/tfjs-node': await installTfjsNode() } },
  test: {
    include: ['packages/experiments/src/testing/engines-agree.long.test.ts'],
    env: { ENGINES: 'tfjs-node,cpu', TF_CPP_MIN_LOG_LEVEL: '1' },
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
  },
}));

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache/tfjs-node');
const RELEASE = 'nodejs12.x-tf2.7.0.br';
/** Of that file in tfjs-node-lambda-releases 1.6.1. */
const RELEASE_SHA256 = '81a3002830b84dd1fabb921541e81cf35ce41004855e3e4c531e8557d0cc0f2c';

/** Installs the package once, beside the workspace rather than in it, and gives its folder. */
async function installTfjsNode(): Promise<string> {
  const installed = join(CACHE, 'node_modules/@tensorflow/tfjs-node');
  if (existsSync(join(installed, 'lib/napi-v8/tfjs_binding.node'))) return realpath(installed);
  await mkdir(CACHE, { recursive: true });
  const dependencies = { '@tensorflow/tfjs-node': '4.22.0', 'tfjs-node-lambda-releases': '1.6.1' };
  await writeFile(join(CACHE, 'package.json'), JSON.stringify({ private: true, dependencies }));
  // One TensorFlow.js for both: a back end belongs to the copy that it was registered with.
  const tfjs = await realpath(join(ROOT, 'packages/engine/node_modules/@tensorflow/tfjs'));
  const settings = { overrides: { '@tensorflow/tfjs': `link:${tfjs}` } };
  await writeFile(join(CACHE, 'pnpm-workspace.yaml'), JSON.stringify(settings));
  await execa('npx', ['--yes', 'pnpm@12.21.0', 'install', '--ignore-scripts'], { cwd: CACHE });

  const release = join(CACHE, 'node_modules/tfjs-node-lambda-releases', RELEASE);
  const found = createHash('sha256')
    .update(await readFile(release))
    .digest('hex');
  if (found !== RELEASE_SHA256)
    throw new Error(`${release} is not the file that was tried: SHA-256 ${found}`);
  const folder = await realpath(installed);
  const packed = 'node_modules/@tensorflow/tfjs-node';
  const unpack = ['-x', '-C', folder, '--strip-components=3', `${packed}/lib/napi-v6`, `${packed}/deps/lib`];
  await execa('tar', unpack, { input: createReadStream(release).pipe(createBrotliDecompress()) });
  await rename(join(folder, 'lib/napi-v6'), join(folder, 'lib/napi-v8'));
  return folder;
}
