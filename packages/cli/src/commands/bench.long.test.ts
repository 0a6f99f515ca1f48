/** Runs of a suite that share a ledger, fail in part or are interrupted. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { csvRecords } from '@clce/results';
import { openLeases } from '@clce/runner';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchFewshot, fewshot, small, start } from '../testing/bench-runs.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-bench-'));
const data = join(root, 'data');
const ledger = join(root, 'runs');
const out = join(root, 'table.csv');

afterAll(() => rmSync(root, { recursive: true }));

describe('clce bench', () => {
  let table: string;
  beforeAll(async () => {
    cpSync(process.env['CLCE_TEST_FEW_ICONS']!, data, { recursive: true });
    const places = ['--data', data, '--ledger', ledger, '--out', out];
    const { exitCode, stderr } = await benchFewshot(...places, ...small);
    expect(exitCode, stderr).toBe(0);
    table = readFileSync(out, 'utf8');
  });

  it('without --out, the table goes to the ignored folder tables/, wherever the command is run', async () => {
    const name = `places-${process.pid}`;
    const own = join(root, 'suite.ts');
    writeFileSync(own, `import suite from '${fewshot}';\nexport default { ...suite, name: '${name}' };\n`);
    const words = [start, 'bench', own, '--data', data, '--ledger', ledger, ...small];
    const { stdout } = await execa(process.execPath, words, { cwd: root });
    const tables = fileURLToPath(new URL('../../../../tables/', import.meta.url));
    const written = readdirSync(tables).filter((file) => file.startsWith(name));
    try {
      expect(readFileSync(join(tables, `${name}.csv`), 'utf8')).toBe(table);
      expect(stdout).toContain(`${join(relative(realpathSync(root), tables), `${name}.csv`)}: `);
      expect(written).toContain(`${name}.provenance.json`);
      await execa('git', ['check-ignore', `${name}.csv`], { cwd: tables });
    } finally {
      for (const file of written) rmSync(join(tables, file));
    }
  });

  it('two at once on one ledger share the cells, and both end with the same table', async () => {
    const shared = join(root, 'shared');
    const tables = ['one.csv', 'other.csv'].map((name) => join(root, name));
    const runs = await Promise.all(
      tables.map((path) => benchFewshot('--data', data, '--ledger', shared, '--out', path, ...small)),
    );
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(runs.flatMap(({ stderr }) => stderr.match(/: done in /g) ?? [])).toHaveLength(3);
    for (const path of tables) expect(readFileSync(path, 'utf8')).toBe(table);
  });

  it('a loss that fails does not cost the table of the others', async () => {
    const config = join(root, 'fails.yaml');
    writeFileSync(
      config,
      'losses: [{ name: ce }, { name: clce, recipe: { learningRate: 1.0e+30 } }, { name: ce+supcon }]\n',
    );
    const path = join(root, 'without-clce.csv');
    const places = ['--data', data, '--ledger', join(root, 'fails'), '--out', path, '--config', config];
    const { stdout, stderr, exitCode } = await benchFewshot(...places, ...small.slice(4), '--seeds', '0');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^1 of 4 cells failed; the same command tries them again:\n {2}icons .* CLCE.*: \S+/m,
    );
    expect(stdout).toMatch(/^CLCE.* 0 of 1 +–/m);
    const rows = csvRecords(readFileSync(path, 'utf8'), path).filter(({ backbone }) => backbone === 'conv4');
    expect([...new Set(rows.map(({ loss }) => loss))]).toEqual(['CE', 'CE + SupCon']);
  });

  it('Ctrl-C leaves whole files alone, and the next run goes on to the same table', async () => {
    const interrupted = join(root, 'interrupted');
    const flags = ['--data', data, '--ledger', interrupted, '--out', join(root, 'later.csv'), ...small];
    // One cell is held until the command is gone: it cannot end before it is interrupted.
    const [cell] = readdirSync(ledger).filter((key) => !key.startsWith('.'));
    const attempt = await openLeases({ directory: interrupted }).acquire(cell!);
    if (attempt.state !== 'leased') throw new Error('expected the lease');
    const child = execa(process.execPath, [start, 'bench', fewshot, ...flags], {
      reject: false,
      buffer: true,
    });
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('[1/3]')) resolve();
      });
    });
    child.kill('SIGINT');
    const { exitCode, stderr } = await child;
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/interrupted with [12] of 3 cells finished; the same command goes on/);
    await attempt.lease.release();
    const files = readdirSync(interrupted, { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect((await benchFewshot(...flags)).exitCode).toBe(0);
    expect(readFileSync(join(root, 'later.csv'), 'utf8')).toBe(table);
  });
});
