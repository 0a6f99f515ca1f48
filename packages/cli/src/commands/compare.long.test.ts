/** A planned comparison on letters: a planted truth, kills, the answer and its files. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getDataset, pictureFolder, writePictures } from '@clce/datasets';
import { csvRecords } from '@clce/results';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askedOf, suiteFileOf } from '../compare/asked.ts';
import { comparisonPreset } from '../compare/plan/comparison-preset.ts';
import { writePlan } from '../compare/plan/plan-files.ts';
import { start } from '../testing/bench-runs.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'clce-comparison-')));
const at = (...names: string[]) => join(root, ...names);
const example = (name: string) =>
  fileURLToPath(new URL(`../../../../docs/examples/${name}`, import.meta.url));
const lossFiles = ['worse.ts', 'same.ts'];
const flags = [
  ...['--losses', 'ce,worse,same', '--loss-file', 'worse.ts', '--loss-file', 'same.ts', '--no-flip'],
  ...['--backbone', 'conv4', '--budget', '15m', '--data', 'data'],
];
const compare = (out: string, ledger: string, ...more: string[]) => {
  const words = ['compare', 'letters', ...flags, '--out', out, '--ledger', ledger, ...more];
  return execa(process.execPath, [start, ...words], { cwd: root, reject: false });
};

/** Plans by hand: what a plan has depends on the machine. */
async function writeSmallPlan(
  out: string,
  size: { readonly steps: number; readonly folds: number },
): Promise<void> {
  const plan = { ...size, trials: 2, seeds: 1, seconds: 200, difference: 5, margin: 5 };
  const asked = {
    ...askedOf('letters', out, {
      ...{ losses: ['ce', 'worse', 'same'], lossFile: lossFiles, budget: 900, backbone: 'conv4' },
      ...{ measure: ['head'], flip: false, margin: 1, seed: 0, engine: 'onnx' },
    }),
  };
  const preset = comparisonPreset(
    {
      ...{ dataset: 'letters', imageSize: 32, backbone: 'conv4', losses: ['ce'], measures: ['head'] },
      ...{ batchSize: 16, engine: 'onnx', flip: false, margin: 1, seed: 0 },
    },
    plan,
  );
  const costs = ['CE', 'worse', 'same'].map((title) => ({ title, secondsPerStep: 0.1, overheadSeconds: 5 }));
  const letters = pictureFolder({ name: 'letters', folder: at('letters') });
  const { manifestHash } = await letters.load({ dataRoot: at('data'), size: 32 });
  const record = { asked, pictures: manifestHash, costs, positives: 0.8, plan, twice: plan };
  await writePlan(at(out), record, { ...preset, losses: asked.losses }, suiteFileOf(asked, 'letters'));
}

const tables = [
  'csv',
  'seeds.csv',
  'verdicts.csv',
  'trials.csv',
  'classes.csv',
  'confusion.csv',
  'pictures.csv',
];
const written = (out: string) => tables.map((table) => readFileSync(at(out, `compare.${table}`), 'utf8'));

beforeAll(async () => {
  for (const name of lossFiles) cpSync(example(name), at(name));
  const typefaces = await getDataset('typefaces').load({ dataRoot: at('typefaces'), size: 32 });
  await writePictures(typefaces, at('letters'), { classes: 12, samples: 40 });
  await writeSmallPlan('planted', { steps: 150, folds: 8 });
  // What survives a kill does not depend on how long it trains.
  for (const out of ['short', 'killed']) await writeSmallPlan(out, { steps: 10, folds: 2 });
});
afterAll(() => rmSync(root, { recursive: true }));

it('calls a loss with shuffled labels worse, and cross-entropy under another name equivalent', async () => {
  const { stdout, stderr, exitCode } = await compare('planted', 'runs');
  expect(exitCode, stderr).toBe(0);
  const verdicts = csvRecords(readFileSync(at('planted/compare.verdicts.csv'), 'utf8'), 'verdicts');
  expect(verdicts.map(({ method, verdict }) => [method, verdict])).toEqual([
    ['worse', 'worse'],
    ['same', 'equivalent'],
  ]);
  expect(Number(verdicts[1]!['difference'])).toBe(0);
  const text = stdout.replaceAll(/\s+/g, ' ');
  expect(text).toMatch(
    /^Keep CE: on new pictures of the same classes no other loss is better by 1 point or more\. worse is worse than CE: /,
  );
  // The floors, and what to take away.
  expect(stdout).toMatch(/^raw pixels +\d/m);
  expect(stdout).toMatch(/^always \S+ +8\.3/m);
  expect(stdout).toMatch(/^ {4}criterion = torch\.nn\.CrossEntropyLoss\(label_smoothing=/m);
  // The loss closest to the reference is the same one.
  expect(text).toContain(
    'tested pictures, always right: 0 with CE and not with same, 0 with same and not with CE.',
  );
  // Each picture of the reserve is tested once.
  const pictures = csvRecords(readFileSync(at('planted/compare.pictures.csv'), 'utf8'), 'pictures');
  expect(new Set(pictures.map(({ path }) => path)).size).toBe(pictures.length);
  expect(pictures.length).toBeGreaterThan(12 * 14);
  for (const { CE, same } of pictures) expect(same).toBe(CE);
});

it('is done before when it is asked again, also as a suite', async () => {
  const again = await compare('planted', 'runs');
  expect(again.stderr).toContain('going on with planted/compare.yaml');
  // Trials, folds with raw pixels, and a training of half the steps for each loss.
  expect(again.stderr.match(/: done before$/gm)).toHaveLength(6 + 8 * 4 + 3);
  const words = ['bench', 'planted/compare.yaml', '--data', 'data', '--ledger', 'runs', '--out', 'suite.csv'];
  const suite = await execa(process.execPath, [start, ...words], { cwd: root });
  expect(suite.stderr.match(/: done before$/gm)).toHaveLength(6 + 8 * 4);
  expect(readFileSync(at('suite.csv'), 'utf8')).toBe(readFileSync(at('planted/compare.csv'), 'utf8'));
});

it('killed twice after the plan is written, gives the bytes of the undisturbed run', async () => {
  const undisturbed = await compare('short', 'short-runs');
  expect(undisturbed.exitCode, undisturbed.stderr).toBe(0);
  for (const ended of [2, 9]) {
    const child = compare('killed', 'killed-runs');
    let finished = 0;
    for await (const line of child.iterable({ from: 'stderr' })) {
      if (!/: done (?:in|before)/.test(line)) continue;
      finished++;
      if (finished === ended) child.kill('SIGKILL');
    }
    expect((await child).signal).toBe('SIGKILL');
  }
  const { exitCode, stderr } = await compare('killed', 'killed-runs');
  expect(exitCode, stderr).toBe(0);
  expect(written('killed')).toEqual(written('short'));
});

it('refuses another request, and pictures that have changed since the plan', async () => {
  const { stderr } = await compare('planted', 'runs', '--margin', '2');
  expect(stderr).toContain('planted holds another plan (margin was 1); another --out plans anew');
  const [one, other] = readdirSync(at('letters')) as [string, string];
  cpSync(at('letters', one, '000.png'), at('letters', other, 'more.png'));
  const changed = await compare('planted', 'runs');
  expect(changed.exitCode).toBe(1);
  expect(changed.stderr).toMatch(
    /the pictures of letters have changed since planted\/compare\.yaml was planned/,
  );
});
