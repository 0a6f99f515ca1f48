import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NUMERICS_VERSION } from '@clce/results';
import { cellKey, openClaims, openLedger, runCells } from '@clce/runner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printedBy } from '../testing/printed-by.ts';
import { addLedgerCommands } from './ledger.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-ledger-'));
const ledger = join(root, 'runs');
afterAll(() => rmSync(root, { recursive: true }));

const clce = (...words: readonly string[]) => printedBy(addLedgerCommands, ...words, '--ledger', ledger);

const specs = ['good', 'bad', 'old'].map((kind) => ({
  kind: 'training',
  numericsVersion: kind === 'old' ? NUMERICS_VERSION - 1 : NUMERICS_VERSION,
  loss: { name: kind, parameters: { lambda: 0.9 } },
  seed: 7,
}));
const [good, bad, old] = specs.map(cellKey) as [string, string, string];
const result = {
  scores: [
    {
      kind: 'few-shot' as const,
      shot: 5,
      classifier: 'nearest-centroid',
      queriesPerEpisode: 10,
      correct: [8, 9],
    },
  ],
  training: null,
  quality: null,
};

beforeAll(async () => {
  await runCells({
    cells: specs.map((spec) => ({ key: cellKey(spec), label: `cell ${spec.loss.name}`, spec })),
    ledger: openLedger({ directory: ledger, parseResult: (stored) => stored as typeof result }),
    run: async ({ loss }, { onProgress, onAccount }) => {
      onAccount?.({ sources: 'f11e5', graph: `graph of ${loss.name}` });
      onProgress({ step: 20, steps: 40, figures: { loss: 1.23456789, learningRate: 0.01 } });
      if (loss.name === 'bad') throw new Error('the loss is NaN at step 21');
      return result;
    },
  });
});

describe('clce status', () => {
  it('counts the cells, and shows the progress of open cells', async () => {
    const lines = (await clce('status')).split('\n');
    expect(lines[0]).toBe(`${ledger}: 2 done, 0 running, 1 failed, 0 left unfinished`);
    expect(lines[1]).toBe(`${bad.slice(0, 12)}  failed  cell bad: the loss is NaN at step 21`);
    expect(JSON.parse(await clce('status', '--json'))).toMatchObject({
      done: 2,
      failed: 1,
      cells: [{ key: bad }],
    });
  });

  it('tells the running from the dead, and rm leaves the running alone', async () => {
    const claims = openClaims({ directory: ledger });
    const attempt = await claims.claim(bad);
    if (attempt.state !== 'claimed') throw new Error('expected the claim');
    expect(await clce('status')).toMatch(
      new RegExp(`running by process ${process.pid} on .*step 20 · loss 1.235`),
    );
    await expect(clce('rm', bad)).rejects.toThrow(
      /is being computed by process \d+ on .*; nothing was removed/,
    );
    await attempt.claim.release();
    const dead = { runner: 'gone', host: 'node7', machine: 'another boot', pid: 1, started: '5', beat: 3 };
    writeFileSync(join(ledger, '.claims', `${bad}.1.json`), JSON.stringify(dead));
    // On another machine only the heartbeat tells.
    expect(await clce('status')).toContain('running by process 1 on node7');
    rmSync(join(ledger, '.claims', `${bad}.1.json`));
  });
});

describe('clce show, logs and why', () => {
  it('show what a cell is, how it went and what it measured', async () => {
    const shown = await clce('show', good.slice(0, 10));
    expect(shown).toContain(`cell ${good}: done`);
    expect(shown).toContain('  loss.parameters.lambda: 0.9');
    expect(shown).toContain('5-shot · nearest-centroid · accuracy: 85.0000');
    expect(shown).toMatch(/^instruction sets \S+/m);
    expect(shown).toContain('\nsources f11e5\ngraph graph of good\n');
    expect(await clce('show', bad)).toContain('Error: the loss is NaN at step 21');
    expect(await clce('logs', bad)).toMatch(
      /event started · label cell bad · commit \w+\n.*step 20 · loss 1\.235 · learningRate 0\.01$/,
    );
  });

  it('name the entries that differ', async () => {
    expect(await clce('why', good, bad)).toBe('graph: "graph of good" | –\nloss.name: "good" | "bad"');
    expect(await clce('why', good, old)).toContain('graph: "graph of good" | "graph of old"');
    expect(await clce('why', good, good)).toBe('nothing: they are the same cell');
  });

  it('refuse a key that no cell or several have', async () => {
    await expect(clce('show', 'xyz')).rejects.toThrow(/has no cell xyz; "\.\/clce status"/);
    await expect(clce('show', '')).rejects.toThrow(/3 cells of .* begin with/);
  });
});

describe('clce gc and rm', () => {
  it('gc removes files that no run uses, and lists them first', async () => {
    const half = join(ledger, good, '.result.json.0123.tmp');
    writeFileSync(half, '{');
    const useless = [join(ledger, old), half].sort();
    const listed = await clce('gc', '--dry-run');
    expect(listed.split('\n').slice(0, -1).sort()).toEqual(useless.map((path) => `would remove ${path}`));
    expect(existsSync(half)).toBe(true);
    expect(await clce('gc')).toMatch(/\n2 things$/);
    expect(useless.map((path) => existsSync(path))).toEqual([false, false]);
    expect(readFileSync(join(ledger, good, 'result.json'), 'utf8')).toContain(good);
    expect(await clce('gc')).toBe('0 things');
  });

  it('rm removes cells whole', async () => {
    expect(await clce('rm', good, bad)).toBe(`removed ${good}\nremoved ${bad}`);
    expect(readdirSync(ledger)).toEqual(['.claims']);
    expect(await clce('status')).toMatch(/: 0 done, 0 running, 0 failed, 0 left unfinished$/);
  });

  it('reports a missing ledger and says how to make one', async () => {
    rmSync(ledger, { recursive: true });
    await expect(clce('status')).rejects.toThrow(/there is no ledger .*; a run makes one/);
    mkdirSync(ledger);
  });
});
