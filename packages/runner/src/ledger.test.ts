import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { FileWriteError } from '@clce/files';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { type Ledger, openLedger } from './ledger.ts';
import { describeEnvironment, type Provenance } from './provenance.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const provenance: Provenance = {
  commit: 'abc',
  dirty: false,
  node: 'v20',
  platform: 'linux-x64',
  cpu: 'a cpu',
  instructionSets: ['avx2', 'fma'],
  cores: 2,
  packages: { losses: '0.1.0' },
  startedAt: '2024-02-22T00:00:00.000Z',
  endedAt: '2024-02-22T00:00:01.000Z',
  durationMs: 1000,
};

function parseAccuracy(stored: unknown): number {
  if (typeof stored !== 'number') throw new TypeError('the accuracy is no number');
  return stored;
}

const open = (directory: string): Ledger<number> => openLedger({ directory, parseResult: parseAccuracy });

describe('ledger', () => {
  it('reads back each written record, in files that people can read', async () => {
    const directory = join(temporaryDirectory(), 'runs');
    const ledger = open(directory);
    expect(await ledger.list()).toEqual([]);
    expect(await ledger.read('k1')).toEqual({ state: 'absent' });
    const record = await ledger.write('k1', { seed: 0, loss: 'ce' }, 0.75, provenance);
    expect(await ledger.read('k1')).toEqual({ state: 'present', record });
    expect(await ledger.has('k1')).toBe(true);
    expect(await ledger.list()).toEqual(['k1']);
    expect(readFileSync(join(directory, 'k1', 'result.json'), 'utf8')).toBe(
      '{\n  "key": "k1",\n  "result": 0.75,\n  "schemaVersion": 1,\n  "spec": {\n    "loss": "ce",\n    "seed": 0\n  }\n}\n',
    );
    expect(JSON.parse(readFileSync(join(directory, 'k1', 'provenance.json'), 'utf8'))).toEqual(provenance);
  });

  it.each([
    ['{"schemaVersion":1,"key":"k1","spec":{},"resu', 'JSON'],
    ['', 'JSON'],
    ['[]', 'schemaVersion is undefined'],
    ['null', 'it holds no object'],
    ['{"schemaVersion":2,"key":"k1","spec":{},"result":1}', 'its schemaVersion is 2, not 1'],
    ['{"schemaVersion":1,"key":"k2","spec":{},"result":1}', 'it belongs to cell "k2"'],
    ['{"schemaVersion":1,"key":"k1","spec":{},"result":"1"}', 'the accuracy is no number'],
  ])('does not believe %j', async (text, reason) => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'k1'));
    writeFileSync(join(directory, 'k1', 'result.json'), text);
    const ledger = open(directory);
    expect(await ledger.read('k1')).toMatchObject({
      state: 'disbelieved',
      file: join(directory, 'k1', 'result.json'),
      reason: expect.stringContaining(reason),
    });
    expect(await ledger.has('k1')).toBe(false);
    expect(await ledger.list()).toEqual([]);
  });

  it('says in one line that the disk is full, and leaves no file', async () => {
    const directory = temporaryDirectory();
    const files = {
      ...nodeFiles,
      rename: () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
    };
    const ledger = openLedger({ directory, parseResult: parseAccuracy, files });
    const failure = await ledger.write('k1', {}, 1, provenance).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileWriteError);
    expect(String(failure)).toBe(
      `FileWriteError: cannot write ${join(directory, 'k1', 'provenance.json')}: the disk is full; ` +
        'free some space and run again (what was finished is kept)',
    );
    expect(readdirSync(join(directory, 'k1'))).toEqual([]);
  });

  it('refuses to write a record that it could not read back', async () => {
    const directory = temporaryDirectory();
    const ledger = openLedger<unknown>({ directory, parseResult: parseAccuracy });
    await expect(ledger.write('k1', { tau: Number.NaN }, 1, provenance)).rejects.toThrow('$.spec.tau is NaN');
    await expect(ledger.write('k1', {}, 'high', provenance)).rejects.toThrow('the accuracy is no number');
    expect(existsSync(join(directory, 'k1'))).toBe(false);
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
