import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { FileWriteError } from '@clce/files';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Claim, type ClaimAttempt, type Owner, openClaims, owners } from './claims.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const elsewhere = (runner: string): Omit<Owner, 'beat'> => ({
  runner,
  host: 'node7',
  machine: 'another boot',
  pid: 1,
  started: '5',
});

function claimed(attempt: ClaimAttempt): Claim {
  if (attempt.state !== 'claimed') throw new Error(`held by ${attempt.owner.host}`);
  return attempt.claim;
}

const filesIn = (directory: string) => readdirSync(join(directory, '.claims'));

describe('a claim', () => {
  it('belongs to one runner until that runner releases it', async () => {
    const directory = temporaryDirectory();
    const [one, other] = [openClaims({ directory }), openClaims({ directory })];
    const claim = claimed(await one.claim('cell'));
    expect(await other.claim('cell')).toMatchObject({ state: 'held', owner: { pid: process.pid } });
    expect((await owners(directory)).get('cell')?.pid).toBe(process.pid);
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

  it('on another machine holds only while its heartbeat changes', async () => {
    const directory = temporaryDirectory();
    const advance = fakeClock();
    const far = openClaims({ directory, self: elsewhere('far'), heartbeatMs: 200 });
    const near = openClaims({ directory, deadAfterMs: 300 });
    const claim = claimed(await far.claim('cell'));
    for (const beat of [0, 1, 2, 3]) {
      await expect.poll(async () => (await owners(directory)).get('cell')?.beat).toBe(beat);
      expect((await near.claim('cell')).state).toBe('held');
      advance(200);
    }
    await expect.poll(async () => (await owners(directory)).get('cell')?.beat).toBe(4);
    // It stops without a word.
    const last = readFileSync(join(directory, '.claims', 'cell.1.json'), 'utf8');
    await claim.release();
    writeFileSync(join(directory, '.claims', 'cell.1.json'), last);
    expect((await near.claim('cell')).state).toBe('held');
    advance(200);
    expect((await near.claim('cell')).state).toBe('held');
    advance(200);
    claimed(await near.claim('cell'));
  });

  it('is lost when another runner takes it over, and its release leaves the new claim', async () => {
    const directory = temporaryDirectory();
    const advance = fakeClock();
    const sleeper = claimed(
      await openClaims({ directory, self: elsewhere('sleeper'), heartbeatMs: 50 }).claim('cell'),
    );
    const near = openClaims({ directory, deadAfterMs: 0 });
    // Two looks within one heartbeat.
    expect((await near.claim('cell')).state).toBe('held');
    advance(5);
    claimed(await near.claim('cell'));
    const lost = once(sleeper.lost, 'abort');
    advance(50);
    await lost;
    expect(sleeper.lost.reason).toMatchObject({ message: expect.stringMatching(/taken over cell cell/) });
    await sleeper.release();
    expect(filesIn(directory)).toContain('cell.2.json');
  });

  it('protects no owner when truncated; a claim that cannot be written is an error', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, '.claims'));
    writeFileSync(join(directory, '.claims', 'cell.1.json'), '{"runner": "x", "pi');
    claimed(await openClaims({ directory }).claim('cell'));
    const link = () => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    const failing = openClaims({ directory, files: { ...nodeFiles, link } });
    await expect(failing.claim('other')).rejects.toBeInstanceOf(FileWriteError);
    expect(filesIn(directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

/** Heartbeats, and what is taken for dead, by a clock that moves when it is told to. */
function fakeClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => void vi.advanceTimersByTime(ms);
}

/** How this process writes itself down. */
async function ownOwner(directory: string): Promise<Omit<Owner, 'beat'>> {
  const claim = claimed(await openClaims({ directory }).claim('self'));
  const { beat: _, ...self } = (await owners(directory)).get('self')!;
  await claim.release();
  return self;
}

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
}
