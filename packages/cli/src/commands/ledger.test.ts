import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seal } from '@clce/files';
import { NUMERICS_VERSION } from '@clce/results';
import { cellKey, openLeases, openLedger, runCells } from '@clce/runner';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { printedBy } from '../testing/printed-by.ts';
import { addLedgerCommands } from './ledger.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-ledger-'));
const ledger = join(root, 'runs');
afterAll(() => rmSync(root, { recursive: true }));

const monthAgo = new Date(Date.now() - 30 * 24 * 3_600_000);

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
      ...{ way: 2, query: 5, classes: ['moon', 'star'] },
      drawn: [0, 1, 1, 0],
      correct: [4, 4, 5, 4],
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

  it('tells running cells from abandoned ones, and rm keeps running cells', async () => {
    const leases = openLeases({ directory: ledger });
    const attempt = await leases.acquire(bad);
    if (attempt.state !== 'leased') throw new Error('expected the lease');
    expect(await clce('status')).toMatch(
      new RegExp(`running by process ${process.pid} on .*step 20 · loss 1.235`),
    );
    await expect(clce('rm', bad)).rejects.toThrow(
      /is being computed by process \d+ on .*; nothing was removed/,
    );
    await attempt.lease.release();
    const dead = { runner: 'gone', host: 'node7', machine: 'another boot', pid: 1, started: '5', beat: 3 };
    const file = join(ledger, '.leases', `${bad}.1.json`);
    writeFileSync(file, JSON.stringify(dead));
    expect(await clce('status')).toContain('running by process 1 on node7');
    await expect(clce('rm', bad)).rejects.toThrow(/by process 1 on node7; nothing was removed/);
    rmSync(file);
  });
});

describe('clce show, logs and why', () => {
  it('show what a cell is, how it went and what it measured', async () => {
    const shown = await clce('show', good.slice(0, 10));
    expect(shown).toContain(`cell ${good}: done`);
    expect(shown).toContain('  loss.parameters.lambda: 0.9');
    expect(shown).toContain('5-shot · nearest-centroid · accuracy: 85.0000');
    expect(shown).toMatch(/^cost no training, \d+(\.\d+)? s$/m);
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

  it('refuse a key of no cell, and one of several cells', async () => {
    await expect(clce('show', 'xyz')).rejects.toThrow(
      /has no cell xyz; each folder of [^\n]* is named by its key, and "\.\/clce bench … --dry-run" lists/,
    );
    await expect(clce('show', '')).rejects.toThrow('the key is empty');
    const alike = join(ledger, `${good.slice(0, 4)}${'0'.repeat(60)}`);
    mkdirSync(alike);
    await expect(clce('show', good.slice(0, 4))).rejects.toThrow(/2 cells of .* begin with/);
    rmSync(alike, { recursive: true });
  });
});

describe('a result of other scores than its specification asks for', () => {
  it('is damaged for every command', async () => {
    const protocol = {
      ...{ kind: 'few-shot', way: 2, query: 5, shots: [1, 5], episodes: 2 },
      classifiers: ['nearest-centroid'],
    };
    const spec = { ...specs[0]!, protocol };
    const key = cellKey(spec);
    const opened = openLedger({ directory: ledger, parseResult: (stored) => stored });
    const provenance = await opened.readProvenance(good);
    await opened.write(key, spec, result, provenance!);
    const fault =
      /result\.json cannot be believed: .*1-shot nearest-centroid, which the protocol asks for, is missing/;
    const told = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => told.mockRestore());
    expect(await clce('status')).toContain(' 1 damaged\n');
    expect(told.mock.calls).toEqual([[expect.stringMatching(fault)]]);
    expect(await clce('show', key)).toMatch(fault);
    rmSync(join(ledger, key), { recursive: true });
  });
});

describe('clce gc and rm', () => {
  it('gc removes files that no run uses, and lists them first', async () => {
    const half = join(ledger, good, '.result.json.01234567-89ab-4def-8123-456789abcdef.tmp');
    writeFileSync(half, '{');
    const snapshot = join(ledger, good, 'snapshot.safetensors');
    writeFileSync(snapshot, 'weights');
    const useless = [join(ledger, old), half, snapshot].sort();
    const listed = await clce('gc', '--dry-run');
    expect(
      listed
        .split('\n')
        .filter((line) => line.startsWith('would'))
        .sort(),
    ).toEqual(useless.map((path) => `would remove ${path}`));
    expect(existsSync(half)).toBe(true);
    expect(await clce('gc')).toMatch(/\n3 files or folders removed$/);
    expect(useless.map((path) => existsSync(path))).toEqual([false, false, false]);
    expect(readFileSync(join(ledger, good, 'result.json'), 'utf8')).toContain(good);
    expect(await clce('gc')).toBe('nothing to remove');
  });

  it('an old lease of another machine is dead for all commands', async () => {
    const folder = join(ledger, '.leases');
    const dead = { runner: 'gone', host: 'node7', machine: 'another boot', pid: 1, started: '5', beat: 3 };
    const leave = (): string[] => {
      const names = [
        `${bad}.1.json`,
        `${bad}.2.json`,
        `.${bad}.2.json.01234567-89ab-4def-8123-456789abcdef.tmp`,
      ];
      for (const name of names) writeFileSync(join(folder, name), JSON.stringify(dead));
      utimesSync(join(folder, `${bad}.2.json`), monthAgo, monthAgo);
      return names.map((name) => join(folder, name)).sort();
    };
    const paths = leave();
    expect(await clce('status')).toContain('1 done, 0 running, 1 failed, 0 left unfinished');
    const listed = await clce('gc', '--dry-run');
    for (const path of paths) expect(listed).toContain(`would remove ${path}\n`);
    expect(readdirSync(folder)).toHaveLength(3);
    const removed = await clce('gc');
    for (const path of paths) expect(removed).toContain(`removed ${path}\n`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('results of an earlier layout are counted apart, and gc removes them', async () => {
    const keys = ['d', 'e'].map((digit) => digit.repeat(64));
    for (const key of keys) {
      mkdirSync(join(ledger, key));
      const stored = { schemaVersion: 1, key, spec: specs[0], result };
      writeFileSync(join(ledger, key, 'result.json'), JSON.stringify(stored));
    }
    expect(await clce('status')).toContain(
      '0 left unfinished, 2 of an earlier version ("./clce gc" removes them)',
    );
    const removed = keys.map((key) => `removed ${join(ledger, key)}`);
    expect(await clce('gc')).toBe([...removed, '2 files or folders removed'].join('\n'));
    expect(keys.some((key) => existsSync(join(ledger, key)))).toBe(false);
  });

  it('gc keeps the snapshot beside a result of an earlier layout, and files of others', async () => {
    const key = 'd'.repeat(64);
    const folder = join(ledger, key);
    mkdirSync(folder);
    const stored = { schemaVersion: 1, key, spec: specs[0], result };
    writeFileSync(join(folder, 'result.json'), JSON.stringify(stored));
    const kept = ['.result.json.jane.tmp', 'snapshot.notes.txt', 'snapshot.safetensors'];
    for (const name of kept) writeFileSync(join(folder, name), 'mine');
    expect(await clce('gc')).toContain(`removed ${join(folder, 'result.json')}\n`);
    expect(readdirSync(folder).sort()).toEqual(kept);
    rmSync(folder, { recursive: true });
  });

  it('a link to itself, a pipe and a folder in place of a file cost a line each', async () => {
    const key = 'd'.repeat(64);
    symlinkSync(key, join(ledger, key));
    const journal = join(ledger, good, 'journal.jsonl');
    const before = readFileSync(journal, 'utf8');
    rmSync(journal);
    mkdirSync(journal);
    const pipe = join(ledger, '.leases', `${bad}.1.json`);
    await execa('mkfifo', [pipe]);
    const told = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => told.mockRestore());
    expect(await clce('status')).toMatch(/: 1 done, 1 running, 0 failed/);
    expect(await clce('logs', good)).toBe('');
    expect(told).toHaveBeenCalledWith(`${journal} cannot be believed: it is a folder; remove it`);
    for (const path of [join(ledger, key), journal, pipe]) rmSync(path, { recursive: true });
    writeFileSync(journal, before);
  });

  it('a result of other numerics may have other entries: newer ones stay, earlier ones go', async () => {
    const [newer, earlier] = [1, -1].map((by) => {
      const spec = { ...specs[0]!, numericsVersion: NUMERICS_VERSION + by };
      const key = cellKey(spec);
      mkdirSync(join(ledger, key));
      const text = seal(key, { schemaVersion: 2, spec, result: { accuracy: 1 } });
      writeFileSync(join(ledger, key, 'result.json'), text);
      return key;
    }) as [string, string];
    expect(await clce('status')).toContain('0 left unfinished, 1 of an earlier version');
    expect(await clce('show', newer)).toContain(`cell ${newer}: unknown`);
    expect(await clce('show', earlier)).toContain(`cell ${earlier}: earlier`);
    const collected = await clce('gc');
    expect(collected).toContain(`removed ${join(ledger, earlier)}\n`);
    expect(collected).toContain(`it has numerics ${NUMERICS_VERSION + 1}; this version has`);
    expect(collected).toMatch(/\n1 file or folder removed$/);
    rmSync(join(ledger, newer), { recursive: true });
  });

  it('gc leaves a snapshot beside a result whose journal is broken', async () => {
    const snapshot = join(ledger, good, 'snapshot.safetensors');
    const journal = join(ledger, good, 'journal.jsonl');
    const before = readFileSync(journal, 'utf8');
    const opened = openLedger({ directory: ledger, parseResult: (stored) => stored });
    await opened.appendJournal(good, { event: 'started', again: 'new sources' });
    await opened.appendJournal(good, { step: 1 });
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    // Without the line of the second attempt, the snapshot would pass for one of the first.
    writeFileSync(journal, `${lines.toSpliced(-2, 1).join('\n')}\n`);
    writeFileSync(snapshot, 'weights');
    const listed = await clce('gc');
    expect(listed).toContain(
      `${snapshot}: its journal, which tells of which attempt it is, cannot be believed`,
    );
    expect(listed).toMatch(/\nnothing to remove$/);
    rmSync(snapshot);
    writeFileSync(journal, before);
  });

  it('gc leaves what a running cell is writing, and the snapshot of a result that is computed again', async () => {
    const attempt = await openLeases({ directory: ledger }).acquire(bad);
    if (attempt.state !== 'leased') throw new Error('expected the lease');
    const half = join(ledger, bad, '.snapshot.safetensors.01234567-89ab-4def-8123-456789abcdef.tmp');
    writeFileSync(half, '{');
    expect(await clce('gc')).toBe('nothing to remove');
    await attempt.lease.release();
    expect(await clce('gc')).toBe(`removed ${half}\n1 file or folder removed`);

    const snapshot = join(ledger, good, 'snapshot.safetensors');
    const journal = join(ledger, good, 'journal.jsonl');
    const before = readFileSync(journal, 'utf8');
    const opened = openLedger({ directory: ledger, parseResult: (stored) => stored });
    await opened.appendJournal(good, { event: 'started', again: 'new sources' });
    writeFileSync(snapshot, 'weights');
    expect(await clce('gc')).toBe('nothing to remove');
    // The result is newer than the snapshot: the attempt has ended.
    utimesSync(snapshot, monthAgo, monthAgo);
    expect(await clce('gc')).toBe(`removed ${snapshot}\n1 file or folder removed`);
    writeFileSync(journal, before);
  });

  it('what is not understood is named, counted apart and left, whatever it is', async () => {
    const key = (digit: string) => digit.repeat(64);
    const text = readFileSync(join(ledger, good, 'result.json'), 'utf8');
    const cell = (folder: string, content: string): string => {
      mkdirSync(join(ledger, folder));
      writeFileSync(join(ledger, folder, 'result.json'), content);
      return join(folder, 'result.json');
    };
    const file = (...path: string[]): string => {
      writeFileSync(join(ledger, ...path), 'mine');
      return join(...path);
    };
    const newer = { ...specs[0]!, numericsVersion: NUMERICS_VERSION + 1 };
    const layout = seal(key('1'), { schemaVersion: 99, spec: {}, result });
    const damaged = [
      cell(key('1'), layout),
      cell(key('2'), text.slice(0, 100)),
      cell(key('3'), ''),
      cell(key('4'), '[]'),
      cell(key('5'), text),
      join(key('a'), 'result.json'),
    ];
    for (const folder of [key('a'), key('b')]) mkdirSync(join(ledger, folder));
    mkdirSync(join(ledger, key('a'), 'result.json'));
    cell('notes', text);
    const unknown = [
      cell(cellKey(newer), seal(cellKey(newer), { schemaVersion: 2, spec: newer, result })),
      'notes',
      file('README'),
      file('.hidden'),
      file(key('c')),
      file(key('b'), 'paper.pdf'),
      file('.leases', 'lock'),
    ];
    const files = () => readdirSync(ledger, { recursive: true }).sort();
    const before = files();
    const told = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => told.mockRestore());
    const listed = await clce('gc');
    expect(listed).toContain(`${unknown.length} things are not understood, and left alone:`);
    for (const path of unknown) expect(listed).toMatch(new RegExp(`^ {2}${join(ledger, path)}: .+$`, 'm'));
    expect(listed).toMatch(/\nnothing to remove$/);
    const lines = told.mock.calls.map(([text]) => String(text));
    expect(lines).toHaveLength(damaged.length);
    for (const path of damaged) {
      expect(lines).toContainEqual(expect.stringContaining(`${join(ledger, path)} cannot be believed: `));
    }
    expect(files()).toEqual(before);

    expect(await clce('status')).toContain(': 1 done, 0 running, 1 failed, 0 left unfinished, 6 damaged\n');
    const status = JSON.parse(await clce('status', '--json')) as { unknown: { path: string }[] };
    expect(status.unknown.map(({ path }) => path).sort()).toEqual(
      unknown.map((path) => join(ledger, path)).sort(),
    );
    for (const folder of [cellKey(newer), key('b')]) {
      const shown = await clce('show', folder);
      expect(shown).toContain(
        `cell ${folder}: unknown\n1 thing is not understood, and left alone:\n  ${ledger}`,
      );
    }
    expect(await clce('show', key('4'))).toContain(`cell ${key('4')}: damaged`);
    const paper = join(ledger, key('b'));
    expect(await clce('rm', key('b'))).toBe(
      `${paper} stays, because it holds what is not of the ledger: paper.pdf`,
    );
    expect(await clce('rm', key('a'))).toContain(
      'a stays, because it holds what is not of the ledger: result.json',
    );
    for (const number of [1, 2, 3, 4]) file(`more ${number}`);
    expect(await clce('status')).toContain('and 1 more; "./clce gc --dry-run" lists all');
    const own = ['.leases', good, bad];
    for (const name of readdirSync(ledger)) {
      if (!own.includes(name)) rmSync(join(ledger, name), { recursive: true });
    }
    rmSync(join(ledger, '.leases', 'lock'));
  });

  it('a failure that is cut off costs its cell a line, and not the command', async () => {
    const file = join(ledger, bad, 'failure.json');
    const text = readFileSync(file, 'utf8');
    for (const content of ['', text.slice(0, 50), 'null']) {
      writeFileSync(file, content);
      expect(await clce('status')).toContain(`${bad.slice(0, 12)}  failed`);
      expect(await clce('show', bad)).toContain(`cell ${bad}: failed`);
      expect(await clce('gc')).toMatch(/nothing to remove$/);
    }
    writeFileSync(file, text);
  });

  it('rm leaves a stranger’s file where it is', async () => {
    writeFileSync(join(ledger, bad, 'mine'), '');
    expect(await clce('rm', bad)).toMatch(
      /^removed (failure\.json, journal\.jsonl|journal\.jsonl, failure\.json) of \w+; \S+ stays, .*: mine$/,
    );
    expect(readdirSync(join(ledger, bad))).toEqual(['mine']);
    rmSync(join(ledger, bad, 'mine'));
    writeFileSync(join(ledger, bad, 'failure.json'), '{}');
  });

  it('rm removes cells whole', async () => {
    expect(await clce('rm', good, bad)).toBe(`removed ${good}\nremoved ${bad}`);
    expect(readdirSync(ledger)).toEqual(['.leases']);
    expect(await clce('status')).toMatch(/: 0 done, 0 running, 0 failed, 0 left unfinished$/);
  });

  it('reports a missing ledger and says how to make one', async () => {
    rmSync(ledger, { recursive: true });
    await expect(clce('status')).rejects.toThrow(/there is no ledger .*; a run makes one/);
    writeFileSync(ledger, '{}');
    for (const words of [['status'], ['gc'], ['show', good], ['rm', good]]) {
      await expect(clce(...words)).rejects.toThrow(`${ledger} is no ledger: it is no folder`);
    }
    rmSync(ledger);
    mkdirSync(ledger);
  });
});
