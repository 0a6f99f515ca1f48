import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { FileWriteError, seal } from '@clce/files';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { cellKey } from './cell.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { describeEnvironment } from './provenance.ts';
import { type BrokenFile, brokenFileLine } from './sealed-files.ts';
import { keysWithResults } from './testing/keys-with-results.ts';
import { provenance } from './testing/provenance.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

function parseAccuracy(stored: unknown): number {
  if (typeof stored !== 'number') throw new TypeError('the accuracy is no number');
  return stored;
}

const open = (directory: string): Ledger<number> => openLedger({ directory, parseResult: parseAccuracy });

const spec = { seed: 0, loss: 'ce' };
const key = cellKey(spec);
const other = cellKey({ seed: 1 });

describe('ledger', () => {
  it('reads back each written record, in files that people can read', async () => {
    const directory = join(temporaryDirectory(), 'runs');
    const ledger = open(directory);
    expect(await keysWithResults(ledger)).toEqual([]);
    expect(await ledger.read(key)).toEqual({ state: 'absent' });
    const record = await ledger.write(key, spec, 0.75, provenance);
    expect(await ledger.read(key)).toEqual({ state: 'present', record, provenance });
    expect(await ledger.has(key)).toBe(true);
    expect(await keysWithResults(ledger)).toEqual([key]);
    const lines = readFileSync(join(directory, key, 'result.json'), 'utf8').split('\n');
    expect(lines[1]).toMatch(/^ {2}"digest": "[0-9a-f]{64}",$/);
    expect(lines.toSpliced(1, 1).join('\n')).toBe(
      `{\n  "key": "${key}",\n  "result": 0.75,\n  "schemaVersion": 2,\n  "spec": {\n    "loss": "ce",\n    "seed": 0\n  }\n}\n`,
    );
    expect(await ledger.readProvenance(key)).toEqual(provenance);
  });

  it('tells results of an earlier layout in one line', async () => {
    const directory = temporaryDirectory();
    for (const one of [key, other]) {
      mkdirSync(join(directory, one));
      const stored = { schemaVersion: 1, key: one, spec: { seed: 1 }, result: 1 };
      writeFileSync(join(directory, one, 'result.json'), JSON.stringify(stored));
    }
    const lines: string[] = [];
    const onBroken = (broken: BrokenFile): void => void lines.push(brokenFileLine(broken));
    const ledger = openLedger({ directory, parseResult: parseAccuracy, onBroken });
    expect(await keysWithResults(ledger)).toEqual([]);
    expect(lines).toEqual([
      expect.stringMatching(/: it has the earlier layout 1 \(2 in all\); .* computes it again$/),
    ]);
  });

  const sealed = (content: object, of = key) => seal(of, { schemaVersion: 2, spec, result: 1, ...content });
  it.each([
    ['an empty file', '', 'it is empty'],
    ['a file of the layout without digests', '{"schemaVersion":1}', 'it does not begin with a digest'],
    ['half a file', sealed({}).slice(0, -9), 'it has changed since it was written'],
    [
      'an edited file',
      sealed({}).replace('"result": 1', '"result": 2'),
      'it has changed since it was written',
    ],
    ['a newer layout', sealed({ schemaVersion: 3 }), 'its schemaVersion is 3, not 2'],
    ['the file of another cell', sealed({}, other), `it belongs to "${other}"`],
    ['the specification of another cell', sealed({ spec: { seed: 1 } }), `the one of cell ${other}`],
    ['another kind of result', sealed({ result: '1' }), 'the accuracy is no number'],
  ])('does not believe %s, and names it once', async (_, text, reason) => {
    const directory = temporaryDirectory();
    const file = join(directory, key, 'result.json');
    mkdirSync(join(directory, key));
    writeFileSync(file, text);
    const broken: BrokenFile[] = [];
    const onBroken = (one: BrokenFile): void => void broken.push(one);
    const ledger = openLedger({ directory, parseResult: parseAccuracy, onBroken });
    const found = { file, reason: expect.stringContaining(reason) };
    expect(await ledger.read(key)).toMatchObject({ state: 'disbelieved', ...found });
    expect(await ledger.has(key)).toBe(false);
    expect(await keysWithResults(ledger)).toEqual([]);
    expect(broken).toMatchObject([found]);
    expect(brokenFileLine(broken[0]!)).toMatch(/result\.json cannot be believed: .*; .* computes it again$/);
  });

  it('believes no result beside the provenance of another one', async () => {
    const directory = temporaryDirectory();
    const ledger = open(directory);
    const fileOf = (name: string) => join(directory, key, name);
    const write = async (accuracy: number) => {
      await ledger.write(key, spec, accuracy, provenance);
      return { result: readFileSync(fileOf('result.json')), about: readFileSync(fileOf('provenance.json')) };
    };
    const [older, newer] = [await write(0.5), await write(0.75)];
    for (const [{ result }, { about }, believed] of [
      [older, newer, false],
      [newer, older, false],
      [older, older, true],
    ] as const) {
      writeFileSync(fileOf('result.json'), result);
      writeFileSync(fileOf('provenance.json'), about);
      const reason = 'the provenance beside it is of another result';
      const expected = believed ? { state: 'present' } : { state: 'disbelieved', reason };
      expect(await ledger.read(key)).toMatchObject(expected);
      expect(await keysWithResults(ledger)).toEqual(believed ? [key] : []);
    }
  });

  it('believes a result whose provenance holds no digest, and one without a provenance', async () => {
    const directory = temporaryDirectory();
    const ledger = open(directory);
    await ledger.write(key, spec, 0.75, provenance);
    const file = join(directory, key, 'provenance.json');
    writeFileSync(file, seal(key, { schemaVersion: 2, ...provenance }));
    expect(await ledger.read(key)).toMatchObject({ state: 'present' });
    rmSync(file);
    expect(await ledger.read(key)).toMatchObject({ state: 'present' });
  });

  it('believes no file of one kind in the place of another', async () => {
    const directory = temporaryDirectory();
    const ledger = openLedger<unknown>({ directory, parseResult: (stored) => stored, onBroken() {} });
    const error = { name: 'Error', message: 'no', stack: '' };
    await ledger.write(key, spec, 1, { ...provenance, graph: 'g' });
    await ledger.writeSources(key, { sources: 'later', graph: 'g' });
    await ledger.writeFailure(key, { label: 'a cell', spec, error, provenance });
    await ledger.appendJournal(key, { step: 1 });
    const names = readdirSync(join(directory, key)).sort();
    expect(names).toHaveLength(5);
    const text = new Map(names.map((name) => [name, readFileSync(join(directory, key, name), 'utf8')]));
    const isBelieved: Record<string, () => Promise<boolean>> = {
      'result.json': () => ledger.has(key),
      'provenance.json': async () => (await ledger.readProvenance(key)) !== null,
      'sources.json': async () => (await ledger.readCode(key)).sources !== undefined,
      'failure.json': async () => (await ledger.readFailure(key)) !== null,
      'journal.jsonl': async () => (await ledger.readJournal(key)).length > 0,
    };
    for (const name of names) {
      for (const other of names) {
        for (const [each, whole] of text) writeFileSync(join(directory, key, each), whole);
        writeFileSync(join(directory, key, name), text.get(other)!);
        expect(await isBelieved[name]!(), `${other} as ${name}`).toBe(name === other);
      }
    }
  });

  it('names broken files of every other kind, and goes on', async () => {
    const directory = temporaryDirectory();
    const names: string[] = [];
    const ledger = openLedger({
      directory,
      parseResult: parseAccuracy,
      onBroken: ({ file }) => names.push(file),
    });
    await ledger.write(key, spec, 1, provenance);
    await ledger.writeSources(key, { sources: 'later', graph: 'g' });
    const error = { name: 'Error', message: 'no', stack: '' };
    await ledger.writeFailure(key, { label: 'a cell', spec, error, provenance });
    for (const step of [1, 2, 3]) await ledger.appendJournal(key, { step });
    const fileOf = (name: string) => join(directory, key, name);
    const whole = new Map(
      ['provenance.json', 'sources.json', 'failure.json'].map((name) => [
        name,
        readFileSync(fileOf(name), 'utf8'),
      ]),
    );
    for (const [name, text] of whole) writeFileSync(fileOf(name), text.slice(0, 20));
    const journal = readFileSync(fileOf('journal.jsonl'), 'utf8');
    writeFileSync(fileOf('journal.jsonl'), journal.replace('"step":2', '"step":7'));
    expect(await ledger.readProvenance(key)).toBeNull();
    expect(await ledger.readCode(key)).toEqual({});
    expect(await ledger.readFailure(key)).toBeNull();
    expect(await ledger.readJournal(key)).toEqual([{ step: 1 }, { step: 3 }]);
    expect(names).toEqual([...whole.keys(), 'journal.jsonl'].map(fileOf));
  });

  it('says in one line that the disk is full, and leaves no file', async () => {
    const directory = temporaryDirectory();
    const files = {
      ...nodeFiles,
      rename: () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
    };
    const ledger = openLedger({ directory, parseResult: parseAccuracy, files });
    const failure = await ledger.write(key, spec, 1, provenance).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileWriteError);
    expect(String(failure)).toBe(
      `FileWriteError: cannot write ${join(directory, key, 'provenance.json')}: the disk is full; ` +
        'free some space and run again (what was finished is kept)',
    );
    expect(readdirSync(join(directory, key))).toEqual([]);
  });

  it('refuses to write a record that it could not read back', async () => {
    const directory = temporaryDirectory();
    const ledger = openLedger<unknown>({ directory, parseResult: parseAccuracy });
    await expect(ledger.write(key, { tau: Number.NaN }, 1, provenance)).rejects.toThrow('$.spec.tau is NaN');
    await expect(ledger.write(key, spec, 'high', provenance)).rejects.toThrow('the accuracy is no number');
    await expect(ledger.write(other, spec, 1, provenance)).rejects.toThrow(`the one of cell ${key}`);
    expect(existsSync(join(directory, key))).toBe(false);
  });

  it.each(['../elsewhere', '', '.hidden', 'a/b'])('refuses %j as a key', async (key) => {
    await expect(open(temporaryDirectory()).read(key)).rejects.toThrow('cannot be a cell');
  });
});

describe('describeEnvironment', () => {
  it('says whether the code has changed since its commit, and ignores files that runs write', async () => {
    const directory = temporaryDirectory();
    const git = (...words: string[]) =>
      execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...words], { cwd: directory });
    mkdirSync(join(directory, 'results'));
    for (const file of ['code.ts', 'results/table.csv']) writeFileSync(join(directory, file), 'one');
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'first');
    writeFileSync(join(directory, 'results', 'table.csv'), 'two');
    const outputs = ['results'];
    expect((await describeEnvironment({ directory, outputs })).dirty).toBe(false);
    expect((await describeEnvironment({ directory })).dirty).toBe(true);
    writeFileSync(join(directory, 'code.ts'), 'two');
    expect((await describeEnvironment({ directory, outputs })).dirty).toBe(true);
  });

  it('has no commit outside a checkout', async () => {
    const environment = await describeEnvironment({ directory: temporaryDirectory(), packages: { a: '1' } });
    expect(environment).toMatchObject({
      commit: null,
      dirty: null,
      node: process.version,
      packages: { a: '1' },
    });
    expect(environment.cores).toBeGreaterThan(0);
  });
});
