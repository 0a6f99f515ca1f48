import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CellSpec } from '@clce/experiments';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { checkMachine, limitsLine } from './machine-check.ts';

const parent = mkdtempSync(join(tmpdir(), 'clce-machine-'));
afterAll(() => rmSync(parent, { recursive: true }));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(parent, 'x'));
});

const cell = (key: string, kind: CellSpec['kind']) => ({ key, label: key, spec: { kind } as CellSpec });
const limits = { cores: 8, memory: null, openFiles: 1024 };
const needs = (kind: CellSpec['kind'] = 'training') => ({
  plan: [cell('a', kind)],
  ledger: join(root, 'runs'),
  dataRoot: join(root, 'data'),
  workers: 2,
});

it('a machine that has what the cells need: nothing is said, and nothing is left', async () => {
  await checkMachine(needs('frozen'), limits);
  await checkMachine(needs(), { ...limits, openFiles: null });
  expect(readdirSync(root)).toEqual([]);
});

it('a ledger that cannot be written is told before the first cell, in a line', async () => {
  // A file in place of a folder stops root too.
  writeFileSync(join(root, 'runs'), '');
  await expect(checkMachine(needs(), limits)).rejects.toThrow(
    /^cannot write .*runs\/\.leases\/lease: .*; --ledger names another folder$/,
  );
});

it('a data folder that cannot be written matters to frozen extractors alone', async () => {
  writeFileSync(join(root, 'data'), '');
  await checkMachine(needs('training'), limits);
  await expect(checkMachine(needs('frozen'), limits)).rejects.toThrow(/; --data names another folder$/);
});

it('too few open files are told with the number that is needed', async () => {
  await expect(checkMachine(needs(), { ...limits, openFiles: 100 })).rejects.toThrow(
    'this process may have 100 files open, and 2 workers need 256; "ulimit -n 256" raises the limit',
  );
});

it('cells that have results need nothing', async () => {
  mkdirSync(join(root, 'runs', 'a'), { recursive: true });
  writeFileSync(join(root, 'runs', 'a', 'result.json'), '');
  await checkMachine(needs(), { ...limits, openFiles: 1 });
  expect(existsSync(join(root, 'runs', '.leases'))).toBe(false);
});

it('limits of a control group are said in a line', () => {
  expect(limitsLine(limits, 8)).toBeNull();
  expect(limitsLine({ ...limits, cores: 2, memory: 3 * 2 ** 29 }, 8)).toBe(
    'this process may use 2 of 8 cores and 1.5 GiB of memory',
  );
});
