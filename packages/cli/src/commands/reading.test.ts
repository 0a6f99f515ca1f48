/** Commands that only read results start in a moment: they load no TensorFlow.js and no ONNX Runtime. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { execaNode } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { main, tsx } from '../testing/bench-runs.ts';

const results = fileURLToPath(new URL('../../../../results', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'clce-reading-'));
afterAll(() => rmSync(root, { recursive: true }));

/** At its end, a process writes down the modules and native libraries that it has loaded. */
const loaded = join(root, 'loaded.json');
const watch = join(root, 'watch.mjs');
writeFileSync(
  watch,
  `import { writeFileSync } from 'node:fs';
import Module from 'node:module';
process.on('exit', () => {
  const modules = [...Object.keys(Module._cache), ...process.report.getReport().sharedObjects];
  writeFileSync(${JSON.stringify(loaded)}, JSON.stringify(modules));
});
`,
);

async function loadedBy(...words: string[]): Promise<string[]> {
  const nodeOptions = ['--import', tsx, '--import', pathToFileURL(watch).href];
  await execaNode(main, words, { nodeOptions, cwd: root });
  const modules = JSON.parse(readFileSync(loaded, 'utf8')) as string[];
  return ['@tensorflow', 'onnxruntime'].filter((name) => modules.some((path) => path.includes(name)));
}

it.each([
  ['--help'],
  ['table', 'fewshot'],
  ['claims'],
  ['trace', 'fewshot', '1', '--results', results],
  ['query', 'select count(*) from fewshot'],
  ['status', '--ledger', '.'],
])('%s loads no engine', async (...words) => {
  expect(await loadedBy(...words)).toEqual([]);
});

it('a command that runs cells loads both', async () => {
  expect(await loadedBy('doctor')).toEqual(['@tensorflow', 'onnxruntime']);
});
