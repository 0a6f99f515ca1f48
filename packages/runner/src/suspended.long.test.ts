/** Runners as processes, one of which is suspended for longer than its lease and then woken. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLedger } from './ledger.ts';
import { surveyLedger } from './survey/survey-ledger.ts';
import { sleepyCell } from './testing/sleepy-cell.ts';
import { temporaryDirectory } from './testing/temporary-directory.ts';

const tsx = createRequire(import.meta.url).resolve('tsx');
const program = fileURLToPath(new URL('./testing/leased-runner.ts', import.meta.url));

/** A runner and its worker, in a process group of their own. */
function start(directory: string, machine: string, go: string) {
  const child = execa(process.execPath, ['--import', tsx, program, directory, machine, go], {
    reject: false,
    detached: true,
    stdin: 'ignore',
  });
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  onTestFinished(() => signal('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  return {
    child,
    signal,
    count: (event: string) => printed.split('\n').filter((one) => one === event).length,
  };
}

describe('a runner that is stopped for longer than its lease', () => {
  it.each([
    ['after the other runner has ended', true],
    ['while the other runner is at work', false],
  ])('and woken %s: one result, computed once, and nothing left over', async (_, afterwards) => {
    const directory = temporaryDirectory();
    const go = join(temporaryDirectory(), 'go');
    const { key } = sleepyCell(go);

    const sleeper = start(directory, 'sleeper', go);
    await expect.poll(() => sleeper.count('progress')).toBeGreaterThan(1);
    sleeper.signal('SIGSTOP');
    const other = start(directory, 'other', go);
    await expect.poll(() => other.count('progress')).toBeGreaterThan(1);
    if (afterwards) {
      writeFileSync(go, '');
      expect((await other.child).exitCode).toBe(0);
      sleeper.signal('SIGCONT');
    } else {
      sleeper.signal('SIGCONT');
      await expect.poll(() => sleeper.count('cell-held')).toBe(1);
      writeFileSync(go, '');
      expect((await other.child).exitCode).toBe(0);
    }
    const { exitCode, stderr } = await sleeper.child;
    expect(exitCode, stderr).toBe(0);

    expect(sleeper.count('cell-done') + other.count('cell-done')).toBe(1);
    expect(sleeper.count('cell-skipped') + other.count('cell-skipped')).toBe(1);
    expect(sleeper.count('cell-failed') + other.count('cell-failed')).toBe(0);
    const ledger = openLedger({ directory, parseResult: Number });
    expect(await ledger.read(key)).toMatchObject({ state: 'present', record: { result: 42 } });
    if (afterwards) expect(await ledger.readProvenance(key)).toMatchObject({ platform: 'other' });
    const starts = readFileSync(join(directory, key, 'journal.jsonl'), 'utf8').match(/"started"/g);
    expect(starts).toHaveLength(2);
    expect(readdirSync(join(directory, key)).sort()).toEqual([
      'journal.jsonl',
      'provenance.json',
      'result.json',
    ]);
    expect(readdirSync(join(directory, '.leases'))).toEqual([]);
    const { leftovers, unknown } = await surveyLedger({ ledger, numericsVersion: 1 });
    expect([leftovers, unknown]).toEqual([[], []]);
  });
});
