/** `start.mjs`, which runs the command compiled: in a copy of this checkout whose sources are edited. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandOf, copyCheckout } from './testing/copied-checkout.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'clce-start-')));
const { cli, cache, clce, fromSources } = commandOf(root);
afterAll(() => rmSync(root, { recursive: true }));

const bytesIn = (folder: string) =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]));

beforeAll(() => copyCheckout(root));

it('two first commands at once: both print what the sources print, and one form is left, whole', async () => {
  const table = ['table', 'fewshot', '--format', 'markdown'];
  const [sources, one, other] = await Promise.all([fromSources(...table), clce(...table), clce(...table)]);
  expect(sources.stdout).toMatch(/^\| /m);
  for (const { stdout, stderr } of [one, other]) expect(stdout, stderr).toBe(sources.stdout);
  expect(readdirSync(cache)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
});

it('is compiled again after an edit; the form that a run may have started with stays as it is', async () => {
  const [form] = readdirSync(cache);
  const before = bytesIn(join(cache, form!));
  const main = join(cli, 'src/main.ts');
  const text = readFileSync(main, 'utf8');
  writeFileSync(main, text.replace('Does CLCE beat cross-entropy?', 'A changed description.'));
  // Older than the form: contents decide.
  utimesSync(main, 0, 0);
  const { stdout, stderr } = await clce('--help');
  expect(stdout, stderr).toContain('A changed description.');
  expect(readdirSync(cache)).toHaveLength(2);
  expect(bytesIn(join(cache, form!))).toEqual(before);
  writeFileSync(main, text);
  expect((await clce('--help')).stdout).toContain('Does CLCE beat cross-entropy?');
  expect(readdirSync(cache)).toHaveLength(2);
});

it('a suite of the user’s imports the modules that the command runs: it throws an error of the same class', async () => {
  const file = join(cli, 'mine.ts');
  const message = "const message: string = 'a mistake of mine';";
  writeFileSync(
    file,
    `import { UserError } from '@clce/registry';\n${message}\nthrow new UserError(message);\n`,
  );
  const { stderr } = await clce('bench', file, '--dry-run');
  // An error of another class has its stack.
  expect(stderr).toBe('error: a mistake of mine');
});
