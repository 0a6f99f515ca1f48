/** More of `start.mjs`, which runs the command compiled: in a copy of this checkout whose sources are edited. */
import {
  appendFileSync,
  mkdirSync,
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
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandOf, copyCheckout, tsx } from './testing/copied-checkout.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'clce-start-')));
const { cli, cache, clce, fromSources } = commandOf(root);
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(() => copyCheckout(root));

describe('a compiled form', () => {
  it('knows the hash of the sources that it was compiled from', async () => {
    const module = pathToFileURL(join(root, 'packages/experiments/src/source-hash.ts')).href;
    const program = `import { sourceHash } from '${module}'; console.log(sourceHash());`;
    const { stdout } = await execa(process.execPath, ['--import', tsx, '--input-type=module', '-e', program]);
    await clce('--help');
    const [form] = readdirSync(cache);
    expect(readFileSync(join(cache, form!, 'sources'), 'utf8')).toBe(stdout);
  });

  it('stays until no process has used it for a day; a compilation then removes it', async () => {
    const edit = () => appendFileSync(join(cli, 'src/places.ts'), '// A comment.\n');
    const [unused] = readdirSync(cache);
    utimesSync(join(cache, unused!), 0, 0);
    for (const kept of [1, 2]) {
      edit();
      expect((await clce('--help')).exitCode).toBe(0);
      expect(readdirSync(cache)).toHaveLength(kept);
      expect(readdirSync(cache)).not.toContain(unused);
    }
  });
});

describe('files of the user’s import the modules that the compiled command runs', () => {
  const suite = (text: string) => {
    const file = join(cli, 'mine.ts');
    writeFileSync(file, text);
    return clce('bench', file, '--dry-run', '--data', 'data');
  };

  it('a suite that changes one of the repository’s', async () => {
    const { stdout, stderr } = await suite(
      "import suite from '../../benchmarks/suites/fewshot.ts';\nexport default { ...suite, name: 'mine' };\n",
    );
    expect(stdout, stderr).toContain('10 cells');
  });

  it('a suite in a folder without a package.json, and one that is not there', async () => {
    const folder = mkdtempSync(join(root, 'elsewhere-'));
    const file = join(folder, 'suite.ts');
    const fewshot = join(root, 'benchmarks/suites/fewshot.ts');
    writeFileSync(file, `import suite from '${fewshot}';\nexport default { ...suite, name: 'mine' };\n`);
    const { stdout, stderr } = await clce('bench', file, '--dry-run', '--data', 'data');
    expect(stdout, stderr).toContain('10 cells');
    const absent = await clce('bench', join(folder, 'absent.ts'), '--dry-run');
    expect(absent.stderr).toMatch(/^error: .*absent\.ts cannot be read as a suite: Cannot find module.*$/);
  });

  it('a source that no package exports: one line', async () => {
    const { stderr } = await suite(
      "import { lossNames } from '../losses/src/registry.ts';\nexport default lossNames;\n",
    );
    expect(stderr).toMatch(
      /^error: a compiled command cannot import .*registry\.ts, which no package exports/,
    );
    expect(stderr).not.toContain('\n');
  });

  it('a loss: checked, and listed in the plan', async () => {
    mkdirSync(join(root, 'mine'));
    await clce('new', 'loss', 'own', '--folder', 'mine');
    const { stdout, stderr } = await clce('loss', 'check', 'mine/own.ts');
    expect(stdout, stderr).toMatch(/own is finite on 7 batches/);
    const flags = ['--loss-file', 'mine/own.ts', '--losses', 'ce,own', '--dry-run', '--data', 'data'];
    const planned = await clce('bench', 'fewshot', ...flags);
    expect(planned.stdout).toBe((await fromSources('bench', 'fewshot', ...flags)).stdout);
    expect(planned.stdout).toContain('· own ·');
  });
});

describe('where it cannot compile, the sources run', () => {
  it('a source with a mistake: the error names its place', async () => {
    const file = join(cli, 'src/commands/new.ts');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, `${text}\nconst = 1;\n`);
    const { stderr, exitCode } = await clce('--help');
    expect(stderr).toMatch(/^note: not compiled \(the sources do not compile\); the sources run/);
    expect(stderr).toContain(`${file}:${text.split('\n').length + 1}:6: ERROR`);
    expect(exitCode).not.toBe(0);
    writeFileSync(file, text);
    expect(readdirSync(cache).filter((name) => name.startsWith('making-'))).toEqual([]);
  });

  it('a checkout that cannot be written to', async () => {
    rmSync(cache, { recursive: true });
    // A file in the place of the folder refuses even root.
    writeFileSync(cache, '');
    const { stdout, stderr } = await clce('--help');
    expect(stdout, stderr).toContain('Does CLCE beat cross-entropy?');
    expect(stderr).toMatch(/^note: not compiled \(EEXIST: .*\); the sources run, .* start$/);
    expect(readFileSync(cache, 'utf8')).toBe('');
  });
});
