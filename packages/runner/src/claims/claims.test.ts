import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { FileWriteError } from '@clce/files';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type Claim, type ClaimAttempt, openClaims, standingClaims } from './claims.ts';
import type { Owner } from './owner.ts';

const elsewhere = (runner: string): Omit<Owner, 'beat'> => ({
  runner,
  host: 'node7',
  machine: 'another boot',
  pid: 1,
  started: '5',
});

function claimed(attempt: ClaimAttempt): Claim {
  if (attempt.state !== 'claimed') throw new Error(`held by ${attempt.owner?.host}`);
  return attempt.claim;
}

const filesIn = (directory: string) => readdirSync(join(directory, '.claims'));

describe('a claim', () => {
  it('belongs to one runner until that runner releases it', async () => {
    const directory = temporaryDirectory();
    const [one, other] = [openClaims({ directory }), openClaims({ directory })];
    const claim = claimed(await one.claim('cell'));
    expect(await other.claim('cell')).toMatchObject({ state: 'held', owner: { pid: process.pid } });
    expect((await standingClaims(directory)).get('cell')?.owner?.pid).toBe(process.pid);
    claimed(await other.claim('cell.2'));
    await claim.release();
    expect(filesIn(directory)).toEqual(['cell.2.1.json']);
    claimed(await other.claim('cell'));
  });

  it('goes to exactly one of twenty runners that try at once', async () => {
    const directory = temporaryDirectory();
    for (const round of [0, 1, 2, 3, 4]) {
      const attempts = await Promise.all(
        Array.from({ length: 20 }, () => openClaims({ directory }).claim(`cell${round}`)),
      );
      expect(attempts.filter(({ state }) => state === 'claimed')).toHaveLength(1);
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
    claimed(await openClaims({ directory, self }).claim('cell'));
    expect((await openClaims({ directory }).claim('cell')).state).toBe('held');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => openClaims({ directory }).claim('cell')),
    );
    const winners = attempts.filter(({ state }) => state === 'claimed');
    expect(winners).toHaveLength(1);
    expect(filesIn(directory)).toEqual(['cell.1.json', 'cell.2.json']);
    await claimed(winners[0]!).release();
    expect(filesIn(directory)).toEqual([]);
  });

  it('protects no owner when its process number belongs to another process', async () => {
    const directory = temporaryDirectory();
    const self = { ...(await ownOwner(directory)), runner: 'earlier', started: '1' };
    claimed(await openClaims({ directory, self }).claim('cell'));
    claimed(await openClaims({ directory }).claim('cell'));
  });

  it('on another machine is dead once its file is old by the clock of the file system', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, '.claims', 'cell.1.json');
    const near = openClaims({ directory, deadAfterMs: 60_000 });
    claimed(await openClaims({ directory, self: elsewhere('far') }).claim('cell'));
    const dead = async () => (await standingClaims(directory, { deadAfterMs: 60_000 })).get('cell')?.dead;
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
      const attempt = await near.claim('cell');
      expect(attempt.state, `${ageMs} ms`).toBe(isDead ? 'claimed' : 'held');
      if (attempt.state !== 'claimed') continue;
      await attempt.claim.release();
      claimed(await openClaims({ directory, self: elsewhere('far') }).claim('cell'));
    }
  });

  it('on another machine stays young while its owner lives', async () => {
    const directory = temporaryDirectory();
    const advance = fakeClock();
    const file = join(directory, '.claims', 'cell.1.json');
    const far = openClaims({ directory, self: elsewhere('far'), heartbeatMs: 200 });
    const claim = claimed(await far.claim('cell'));
    const longAgo = new Date(Date.now() - 3_600_000);
    const standing = async () => (await standingClaims(directory)).get('cell');
    for (let turn = 0; turn < 12; turn++) {
      utimesSync(file, longAgo, longAgo);
      advance(200);
      await expect.poll(async () => (await standing())?.dead).toBe(false);
    }
    // One more digit than at first: the text that is written in place is still whole.
    expect((await standing())?.owner?.beat).toBeGreaterThan(9);
    await claim.release();
    expect(filesIn(directory)).toEqual([]);
  });

  it('is lost when another runner takes it over, and its release leaves the new claim', async () => {
    const directory = temporaryDirectory();
    const advance = fakeClock();
    const sleeper = claimed(
      await openClaims({ directory, self: elsewhere('sleeper'), heartbeatMs: 50 }).claim('cell'),
    );
    expect(await sleeper.holds()).toBe(true);
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(join(directory, '.claims', 'cell.1.json'), longAgo, longAgo);
    claimed(await openClaims({ directory }).claim('cell'));
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
    const file = join(directory, '.claims', 'cell.1.json');
    let woken = 0;
    // The heartbeat finds its claim, and the claim goes before the heartbeat writes.
    const open: typeof nodeFiles.open = (path, flags, mode) => {
      if (flags === 'r+') {
        woken++;
        rmSync(file);
      }
      return nodeFiles.open(path, flags, mode);
    };
    const sleeper = claimed(
      await openClaims({ directory, heartbeatMs: 50, files: { ...nodeFiles, open } }).claim('cell'),
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
      const file = join(directory, '.claims', 'cell.1.json');
      mkdirSync(join(directory, '.claims'));
      writeFileSync(file, content);
      const claims = openClaims({ directory });
      expect(await claims.claim('cell')).toEqual({ state: 'held', owner: null });
      const longAgo = new Date(Date.now() - 3_600_000);
      utimesSync(file, longAgo, longAgo);
      await claimed(await claims.claim('cell')).release();
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
    const failing = openClaims({ directory, files: { ...nodeFiles, open } });
    await expect(failing.claim('other')).rejects.toBeInstanceOf(FileWriteError);
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
  const claim = claimed(await openClaims({ directory }).claim('self'));
  const { beat: _, ...self } = (await standingClaims(directory)).get('self')!.owner!;
  await claim.release();
  return self;
}

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}
