/** Commands that only read results start in a moment: they load no TensorFlow.js and no ONNX Runtime. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { NUMERICS_VERSION } from '@clce/results';
import { cellKey, describeEnvironment, openLedger, packCells } from '@clce/runner';
import { execa, execaNode } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from '../testing/bench-runs.ts';

const results = fileURLToPath(new URL('../../../../results', import.meta.url));
const launcher = fileURLToPath(new URL('../../../../clce', import.meta.url));
const tsx = createRequire(import.meta.url).resolve('tsx');
const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'clce-reading-'));
afterAll(() => rmSync(root, { recursive: true }));

/** At its end, a process writes down its program, and the modules and native libraries that it has loaded. */
const loaded = join(root, 'loaded.json');
const watch = join(root, 'watch.mjs');
writeFileSync(
  watch,
  `import { writeFileSync } from 'node:fs';
import Module from 'node:module';
process.on('exit', () => {
  const modules = [...Object.keys(Module._cache), ...process.report.getReport().sharedObjects];
  writeFileSync(${JSON.stringify(loaded)}, JSON.stringify({ program: process.argv[1], modules }));
});
`,
);
const watching = ['--import', pathToFileURL(watch).href];

/** The last process of a command: its program, and which of the two libraries it has loaded. */
function lastProcess(): { program: string; engines: string[] } {
  const { program, modules } = JSON.parse(readFileSync(loaded, 'utf8')) as {
    program: string;
    modules: string[];
  };
  const isLoaded = (name: string) => modules.some((path) => path.includes(name));
  return { program, engines: ['@tensorflow', 'onnxruntime'].filter(isLoaded) };
}

async function runSources(...words: string[]) {
  await execaNode(main, words, { nodeOptions: ['--import', tsx, ...watching], cwd: root });
  return lastProcess();
}

async function launched(...words: string[]) {
  await execa(launcher, words, { env: { NODE_OPTIONS: watching.join(' ') }, cwd: root });
  return lastProcess();
}

beforeAll(async () => {
  const ledger = openLedger({ directory: join(root, 'runs'), parseResult: (stored) => stored });
  const spec = { numericsVersion: NUMERICS_VERSION };
  const times = { startedAt: '', endedAt: '', durationMs: 0 };
  const result = { scores: [], training: null, quality: null };
  await ledger.write(cellKey(spec), spec, result, { ...(await describeEnvironment()), ...times });
  const { parts } = await packCells({ ledger, ...spec, onLeftOut: () => {} });
  writeFileSync(join(root, 'cell.pack'), Buffer.concat(parts));
});

const READING = [
  ['--help'],
  ['table', 'fewshot'],
  ['claims'],
  ['trace', 'fewshot', '1', '--results', results],
  ['query', 'select count(*) from fewshot'],
  ['status', '--ledger', '.'],
  ['ledger', 'add', 'cell.pack', '--ledger', 'added'],
];

// Sources take seconds to start, and both programs import the same modules.
describe('from the sources', () => {
  it('table loads no engine', async () => {
    expect(await runSources('table', 'fewshot')).toEqual({ program: main, engines: [] });
  });
});

describe('compiled, as ./clce runs them', () => {
  it.each(READING)('%s loads no engine', async (...words) => {
    expect(await launched(...words)).toEqual({ program: start, engines: [] });
  });

  it('a command that runs cells loads both', async () => {
    expect(await launched('doctor')).toEqual({ program: start, engines: ['@tensorflow', 'onnxruntime'] });
  });
});
