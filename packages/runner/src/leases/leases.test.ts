import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { FileWriteError } from '@clce/files';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { type Lease, type LeaseAttempt, openLeases, standingLeases } from './leases.ts';
import type { Owner } from './owner.ts';

const elsewhere = (runner: string): Omit<Owner, 'beat'> => ({
  runner,
  host: 'node7',
  machine: 'another boot',
  pid: 1,
  started: '5',
});

function leased(attempt: LeaseAttempt): Lease {
  if (attempt.state !== 'leased') throw new Error(`held by ${attempt.owner?.host}`);
  return attempt.lease;
}

const filesIn = (directory: string) => readdirSync(join(directory, '.leases'));

describe('a lease', () => {
  it('belongs to one runner until that runner releases it', async () => {
    const directory = temporaryDirectory();
    const [one, other] = [openLeases({ directory }), openLeases({ directory })];
    const lease = leased(await one.acquire('cell'));
    expect(await other.acquire('cell')).toMatchObject({ state: 'held', owner: { pid: process.pid } });
    expect((await standingLeases(directory)).get('cell')?.owner?.pid).toBe(process.pid);
    leased(await other.acquire('cell.2'));
    await lease.release();
    expect(filesIn(directory)).toEqual(['cell.2.1.json']);
    leased(await other.acquire('cell'));
  });

  it('goes to exactly one of twenty runners that try at once', async () => {
    const directory = temporaryDirectory();
    for (const round of [0, 1, 2, 3, 4]) {
      const attempts = await Promise.all(
        Array.from({ length: 20 }, () => openLeases({ directory }).acquire(`cell${round}`)),
      );
      expect(attempts.filter(({ state }) => state === 'leased')).toHaveLength(1);
    }
  });

  it('of a killed process is taken over at once, by exactly one of twenty runners', async () => {
    const directory = temporaryDirectory();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const self = {
      ...(await ownOwner(directory)),
      runner: 'killed',
      pid: child.pid!,
      started: startOf(child.pid!),
    };
    leased(await openLeases({ directory, self }).acquire('cell'));
    expect((await openLeases({ directory }).acquire('cell')).state).toBe('held');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => openLeases({ directory }).acquire('cell')),
    );
    const winners = attempts.filter(({ state }) => state === 'leased');
    expect(winners).toHaveLength(1);
    expect(filesIn(directory)).toEqual(['cell.1.json', 'cell.2.json']);
    await leased(winners[0]!).release();
    expect(filesIn(directory)).toEqual([]);
  });

  it('protects no owner when its process number belongs to another process', async () => {
    const directory = temporaryDirectory();
    const self = { ...(await ownOwner(directory)), runner: 'earlier', started: '1' };
    leased(await openLeases({ directory, self }).acquire('cell'));
    leased(await openLeases({ directory }).acquire('cell'));
  });

  it('on another machine is dead once its file is old by the clock of the file system', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, '.leases', 'cell.1.json');
    const near = openLeases({ directory, deadAfterMs: 60_000 });
    leased(await openLeases({ directory, self: elsewhere('far') }).acquire('cell'));
    const dead = async () => (await standingLeases(directory, { deadAfterMs: 60_000 })).get('cell')?.dead;
    for (const [ageMs, isDead] of [
      [0, false],
      [50_000, false],
      [61_000, true],
      [-50_000, false],
      [-3_600_000, true],
    ] as const) {
      const written = new Date(Date.now() - ageMs);
      utimesSync(file, written, written);
      expect(await dead(), `${ageMs} ms`).toBe(isDead);
      const attempt = await near.acquire('cell');
      expect(attempt.state, `${ageMs} ms`).toBe(isDead ? 'leased' : 'held');
      if (attempt.state !== 'leased') continue;
      await attempt.lease.release();
      leased(await openLeases({ directory, self: elsewhere('far') }).acquire('cell'));
    }
  });

  it('on another machine stays young while its owner lives', async () => {
    const directory = temporaryDirectory();
    const advance = fakeClock();
    const file = join(directory, '.leases', 'cell.1.json');
    const far = openLeases({ directory, self: elsewhere('far'), heartbeatMs: 200 });
    const lease = leased(await far.acquire('cell'));
    const longAgo = new Date(Date.now() - 3_600_000);
    const standing = async () => (await standingLeases(directory)).get('cell');
    for (let turn = 0; turn < 12; turn++) {
      utimesSync(file, longAgo, longAgo);
      advance(200);
      await expect.poll(async () => (await standing())?.dead).toBe(false);
    }
    // One more digit than at first: the text that is written in place is still whole.
    expect((await standing())?.owner?.beat).toBeGreaterThan(9);
    await lease.release();
    expect(filesIn(directory)).toEqual([]);
  });

  it('is lost when another runner takes it over, and its release leaves the new lease', async () => {
    const directory = temporaryDirectory();
    const advance = fakeClock();
    const sleeper = leased(
      await openLeases({ directory, self: elsewhere('sleeper'), heartbeatMs: 50 }).acquire('cell'),
    );
    expect(await sleeper.holds()).toBe(true);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(directory, '.leases', 'cell.1.json'), longAgo, longAgo);
    leased(await openLeases({ directory }).acquire('cell'));
    const lost = once(sleeper.lost, 'abort');
    advance(50);
    await lost;
    expect(sleeper.lost.reason).toMatchObject({ message: expect.stringMatching(/taken over cell cell/) });
    await sleeper.release();
    expect(await sleeper.holds()).toBe(false);
    expect(filesIn(directory)).toContain('cell.2.json');
  });

  it('that has gone does not come back when its owner wakes up', async () => {
    const directory = temporaryDirectory();
    const advance = fakeClock();
    const file = join(directory, '.leases', 'cell.1.json');
    let woken = 0;
    // The heartbeat finds its lease, and the lease goes before the heartbeat writes.
    const open: typeof nodeFiles.open = (path, flags, mode) => {
      if (flags === 'r+') {
        woken++;
        rmSync(file);
      }
      return nodeFiles.open(path, flags, mode);
    };
    const sleeper = leased(
      await openLeases({ directory, heartbeatMs: 50, files: { ...nodeFiles, open } }).acquire('cell'),
    );
    advance(50);
    await expect.poll(() => woken).toBe(1);
    expect(await sleeper.holds()).toBe(false);
    expect(filesIn(directory)).toEqual([]);
  });

  it.each(['', '{"runner": "x", "pi', '[]', 'null', '{"runner":"x","pid":-1}'])(
    'that reads %j stands until it is old: its owner may be writing it',
    async (content) => {
      const directory = temporaryDirectory();
      const file = join(directory, '.leases', 'cell.1.json');
      mkdirSync(join(directory, '.leases'));
      writeFileSync(file, content);
      const leases = openLeases({ directory });
      expect(await leases.acquire('cell')).toEqual({ state: 'held', owner: null });
      const longAgo = new Date(Date.now() - 3_600_000);
      utimesSync(file, longAgo, longAgo);
      await leased(await leases.acquire('cell')).release();
      expect(filesIn(directory)).toEqual([]);
    },
  );

  it('that cannot be written is an error, and leaves no file', async () => {
    const directory = temporaryDirectory();
    const open: typeof nodeFiles.open = async (path, flags, mode) => {
      const file = await nodeFiles.open(path, flags, mode);
      file.writeFile = () => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
      return file;
    };
    const failing = openLeases({ directory, files: { ...nodeFiles, open } });
    await expect(failing.acquire('other')).rejects.toBeInstanceOf(FileWriteError);
    expect(filesIn(directory)).toEqual([]);
  });
});

/** Heartbeats, by a clock that moves when it is told to. */
function fakeClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => void vi.advanceTimersByTime(ms);
}

/** How this process writes itself down. */
async function ownOwner(directory: string): Promise<Omit<Owner, 'beat'>> {
  const lease = leased(await openLeases({ directory }).acquire('self'));
  const { beat: _, ...self } = (await standingLeases(directory)).get('self')!.owner!;
  await lease.release();
  return self;
}

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}
