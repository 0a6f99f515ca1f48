/** `./clce`, the script in the repository's root. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const script = join(repository, 'clce');
const root = mkdtempSync(join(tmpdir(), 'clce-launcher-'));
afterAll(() => rmSync(root, { recursive: true }));

const run = (file: string, words: string[], env = {}) =>
  execa(file, words, { cwd: root, reject: false, env });

describe('./clce', () => {
  it('runs from another folder, through a link, and reads paths from there', async () => {
    mkdirSync(join(root, 'mine'));
    symlinkSync(script, join(root, 'first-link'));
    symlinkSync('first-link', join(root, 'second-link'));
    const { stdout, stderr } = await run('./second-link', ['status', '--ledger', 'mine']);
    expect(stdout, stderr).toBe('mine: 0 done, 0 running, 0 failed, 0 left unfinished');
  });

  it('runs in a folder whose name a URL would spell otherwise', async () => {
    const folder = join(root, 'a b%20c#d?e');
    mkdirSync(folder);
    copyFileSync(script, join(folder, 'clce'));
    for (const name of ['node_modules', 'packages']) symlinkSync(join(repository, name), join(folder, name));
    const { stdout, stderr } = await run(join(folder, 'clce'), [
      'query',
      'select 42 as answer',
      '--format',
      'csv',
    ]);
    expect(stdout, stderr).toBe('answer\n42');
  });

  it('tells of an address space that is too small, in a line', async () => {
    const { stderr, exitCode } = await run('bash', ['-c', `ulimit -v 8000000; exec '${script}' --help`]);
    expect(stderr).toMatch(/^error: the address space of this process is limited to 8000000 KiB.*$/);
    expect(exitCode).toBe(1);
  });

  it('before an install: the one command that installs, of the version that package.json wants', async () => {
    const folder = join(root, 'fresh');
    mkdirSync(folder);
    copyFileSync(script, join(folder, 'clce'));
    const { devEngines } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      devEngines: { packageManager: { version: string } };
    };
    const { stderr, exitCode } = await run(join(folder, 'clce'), ['doctor']);
    const { version } = devEngines.packageManager;
    expect(stderr).toBe(
      `error: nothing is installed yet: npx --yes pnpm@${version} --dir '${folder}' install`,
    );
    expect(exitCode).toBe(1);
  });

  it.each(['v20.18.3', 'v18.20.8', 'v8.0.0'])('on Node %s: one line', async (version) => {
    const bin = join(root, version);
    mkdirSync(bin);
    writeFileSync(join(bin, 'node'), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    const { stderr, exitCode } = await run(script, ['doctor'], { PATH: `${bin}:/usr/bin:/bin` });
    expect(stderr).toBe(`error: clce needs Node 20.19 or newer; ${bin}/node is ${version}`);
    expect(exitCode).toBe(1);
  });
});
