/** A suite with a loss and a data set of the user's, from a folder outside the checkout: what is computed, again, and why. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { start } from '../testing/bench-runs.ts';
import { writeColours } from '../testing/colours.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'clce-own-')));
const file = join(folder, 'mine.ts');

const clce = (...words: string[]) => execa(process.execPath, [start, ...words], { cwd: folder });

interface Event {
  readonly event: string;
  readonly label: string;
  readonly reason?: string;
}

/** What the command tells of its cells. */
async function bench(...flags: string[]): Promise<Event[]> {
  const settings = ['imageSize=16', 'recipe.budget.steps=2', 'recipe.warmup=0', 'protocol.episodes=5'];
  // A second worker takes longer to load than these cells take.
  const cells = ['--seeds', '0,1', '--batch-sizes', '16', '--workers', '1', '--json'];
  const places = ['--data', 'data', '--ledger', 'runs', '--out', 'table.csv'];
  const { stdout } = await clce(
    'bench',
    'fewshot',
    ...[...settings.flatMap((one) => ['--set', one]), ...cells, ...places, ...flags],
  );
  return stdout.split('\n').map((line) => JSON.parse(line) as Event);
}
const withMine = (path = 'mine.ts') => bench('--loss-file', path, '--losses', 'ce,mine');

const count = (events: readonly Event[], kind: string) => events.filter(({ event }) => event === kind).length;

/** What the keys of the cells in the ledger say of the loss of that name. */
function lossesOf(name: string): { readonly id?: string }[] {
  return readdirSync(join(folder, 'runs'))
    .map((key) => join(folder, 'runs', key, 'result.json'))
    .filter((path) => existsSync(path))
    .map(
      (path) => JSON.parse(readFileSync(path, 'utf8')) as { spec: { loss?: { name: string; id?: string } } },
    )
    .flatMap(({ spec: { loss } }) => (loss?.name === name ? [loss] : []));
}

function replaceIn(path: string, from: string, to: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

beforeAll(async () => {
  cpSync(process.env['CLCE_TEST_FEW_ICONS']!, join(folder, 'data'), { recursive: true });
  await clce('new', 'loss', 'mine');
  const { stdout } = await clce('loss', 'check', 'mine.ts');
  expect(stdout).toMatch(/^mine\.ts: mine is finite on 7 batches.*\nfrom reference: value .*, gradient /);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('one file makes a row of the table', async () => {
  expect(count(await withMine(), 'cell-done')).toBe(5);
  expect(readFileSync(join(folder, 'table.csv'), 'utf8')).toMatch(/,mine,/);
  expect(lossesOf('ce').map(({ id }) => id)).toEqual([undefined, undefined]);
  expect(lossesOf('mine').map(({ id }) => id)).toEqual([
    expect.stringMatching(/^mine-[0-9a-f]{8}$/),
    expect.anything(),
  ]);
});

it('a comment computes nothing; a YAML file names its files from where it lies', async () => {
  appendFileSync(file, '// A comment.\n');
  mkdirSync(join(folder, 'suites'));
  writeFileSync(
    join(folder, 'suites', 'mine.yaml'),
    'lossFiles: [../mine.ts]\nlosses: [{ name: ce }, { name: mine }]\n',
  );
  expect(count(await bench('--config', 'suites/mine.yaml'), 'cell-skipped')).toBe(5);
});

it('a formula computes its cells again, says why, and leaves the others', async () => {
  replaceIn(file, 'tf.sub(1, cosines)', 'tf.square(tf.sub(1, cosines))');
  replaceIn(file, '1 - cosine :', '(1 - cosine) ** 2 :');
  const events = await withMine();
  const outdated = events.filter(({ event }) => event === 'result-outdated');
  expect(outdated.map(({ reason }) => reason)).toEqual(
    [0, 1].map(() => 'the training graph of loss mine on conv4 has changed since this result'),
  );
  expect(count(events, 'cell-done')).toBe(2);
  expect(count(events, 'cell-skipped')).toBe(3);
});

it('another loss of that name has other cells, and takes none of these', async () => {
  mkdirSync(join(folder, 'theirs'));
  const theirs = readFileSync(file, 'utf8').replace(/id: 'mine-[0-9a-f]+'/, "id: 'mine-of-jane'");
  writeFileSync(join(folder, 'theirs', 'mine.ts'), theirs);
  const events = await withMine('theirs/mine.ts');
  expect(count(events, 'cell-done')).toBe(2);
  expect(count(events, 'result-outdated')).toBe(0);
  expect(count(await withMine(), 'cell-skipped')).toBe(5);
  expect(lossesOf('mine')).toHaveLength(4);
});

it('a data set of the user’s is one file, with its pictures beside it', async () => {
  await clce('new', 'dataset', 'colours');
  writeColours(join(folder, 'colours'));
  const own = ['--dataset-file', 'colours.ts'];
  const { stdout } = await clce('data', 'verify', 'colours', '--data', 'data', ...own);
  expect(stdout).toContain('colours: 25 classes, 500 samples, no counts are published');
  expect(count(await bench(...own, '--datasets', 'colours', '--losses', 'ce'), 'cell-done')).toBe(3);
  expect(readFileSync(join(folder, 'table.csv'), 'utf8')).toMatch(/^colours,/m);
});

it('a mistake in a file is one line, before any cell', async () => {
  writeFileSync(join(folder, 'broken.ts'), 'export default {\n  a: = 2,\n};\n');
  const { stderr, exitCode } = await clce('bench', 'fewshot', '--loss-file', 'broken.ts').catch(
    (error: { stderr: string; exitCode: number }) => error,
  );
  expect(stderr).toBe(`error: ${join(folder, 'broken.ts')}:2:5: Unexpected "="`);
  expect(exitCode).toBe(1);
});
