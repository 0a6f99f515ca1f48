/**
 * A lease in the ledger says which runner computes a cell. So runners that share a ledger, on one machine or on several,
 * share the work and never compute a cell twice.
 *
 *     runs/.leases/<key>.<n>.json     the n-th lease of the cell; the highest number counts
 *
 * A runner leases a cell by creating the next file. Any file system, NFS included, lets only one process create it. A
 * runner takes over from a dead owner in the same way, so no runner removes a file that another has just created.
 *
 * `isDead` is the one rule for a dead lease, and every command uses it. An owner on this machine is dead when its process
 * is gone. Any other lease is dead when it has not been rewritten for `deadAfterMs` by the clock of the file system; clocks
 * of two machines are never compared. An owner that was only suspended finds the higher lease when it resumes, and stops.
 */
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, type FileOperations, ifAbsent } from '@clce/files';
import { type FileClock, fileClock } from './file-clock.ts';
import { isRunning, type Owner, ownerText, parseOwner, thisMachine, thisProcess } from './owner.ts';

export interface Lease {
  /** Aborted when another runner has taken the cell over. */
  readonly lost: AbortSignal;
  /** Whether the lease still counts, looked up now; aborts `lost` where it does not. */
  holds(): Promise<boolean>;
  /** Gives up the cell, whether or not it is finished. */
  release(): Promise<void>;
}

export type LeaseAttempt =
  | { readonly state: 'leased'; readonly lease: Lease }
  /** The owner is null where its lease cannot be read, for example between creation and content. */
  | { readonly state: 'held'; readonly owner: Owner | null };

export interface Leases {
  /** @throws FileWriteError where the lease cannot be written */
  acquire(key: string): Promise<LeaseAttempt>;
}

interface LeaseLength {
  /** Silence after which a lease is dead. It spans many heartbeats: file systems may show them late. */
  readonly deadAfterMs?: number;
}

export interface LeasesOptions extends LeaseLength {
  /** The ledger's directory. */
  readonly directory: string;
  /** Time between an owner's heartbeats. */
  readonly heartbeatMs?: number;
  /** The leasing runner; this process by default. */
  readonly self?: Omit<Owner, 'beat'>;
  readonly files?: FileOperations;
}

/** Two minutes. */
export const DEAD_AFTER_MS = 120_000;

export function openLeases(options: LeasesOptions): Leases {
  const { directory, heartbeatMs = 10_000, deadAfterMs = DEAD_AFTER_MS, self = thisProcess() } = options;
  const { files = nodeFiles } = options;
  const folder = leasesFolder(directory);
  const clock = fileClock(folder);

  return {
    async acquire(key) {
      const highest = await highestLease(folder, key);
      const before = highest === 0 ? null : await readLease(fileOf(folder, key, highest));
      if (before !== null && !(await isDead(before, self.machine, clock, deadAfterMs))) {
        return { state: 'held', owner: before.owner };
      }
      const number = highest + 1;
      const own = { ...self, beat: 0 };
      const file = fileOf(folder, key, number);
      if (!(await createFile(file, ownerText(own), files))) {
        return { state: 'held', owner: (await readLease(file))?.owner ?? null };
      }
      // Another runner may have taken over a lease that ended in between. Its number is higher, so its lease counts.
      const newest = await highestLease(folder, key);
      if (newest === number) return { state: 'leased', lease: keep(key, number, own) };
      await files.rm(file, { force: true }).catch(() => {});
      return { state: 'held', owner: (await readLease(fileOf(folder, key, newest)))?.owner ?? null };
    },
  };

  /** Writes heartbeats until the lease is released or lost. */
  function keep(key: string, number: number, own: Owner): Lease {
    const file = fileOf(folder, key, number);
    const lost = new AbortController();
    let beat = own.beat;
    let beating = Promise.resolve();
    const holds = async (): Promise<boolean> => {
      if (lost.signal.aborted) return false;
      const stillOurs =
        (await highestLease(folder, key)) === number && (await readLease(file))?.owner?.runner === own.runner;
      if (stillOurs) return true;
      clearInterval(timer);
      lost.abort(new Error(`another runner has taken over cell ${key}`));
      return false;
    };
    const beatOnce = async (): Promise<void> => {
      if (await holds()) await rewrite(file, ownerText({ ...own, beat: ++beat }), files);
    };
    const timer = setInterval(() => {
      // A failed heartbeat need not stop this runner: another runner that takes over computes the same bytes.
      beating = beating.then(beatOnce).catch(() => {});
    }, heartbeatMs);
    timer.unref();
    return {
      lost: lost.signal,
      holds,
      async release() {
        clearInterval(timer);
        await beating;
        if (lost.signal.aborted) return;
        for (const lease of (await leasesOf(folder, key)).sort((one, other) => one - other)) {
          // If removal fails, the lease belongs to a dead owner as soon as this process ends.
          if (lease <= number) await files.rm(fileOf(folder, key, lease), { force: true }).catch(() => {});
        }
      },
    };
  }
}

/**
 * Writes over a file in place. Where the file is gone it stays gone, so an owner that slept through a takeover brings no
 * lease back. The text never gets shorter, and no reader relies on more than the file's time.
 */
async function rewrite(path: string, text: string, files: FileOperations): Promise<void> {
  const file = await files.open(path, 'r+');
  try {
    await file.write(text, 0);
  } finally {
    await file.close();
  }
}

/** A lease that counts: the highest of its cell. */
export interface StandingLease {
  readonly key: string;
  readonly file: string;
  /** Null where the lease cannot be read. */
  readonly owner: Owner | null;
  readonly dead: boolean;
}

/** The lease of each leased cell, dead or alive, and its lower leases. */
export async function standingLeases(
  directory: string,
  { deadAfterMs = DEAD_AFTER_MS }: LeaseLength = {},
): Promise<Map<string, StandingLease>> {
  const folder = leasesFolder(directory);
  const clock = fileClock(folder);
  const highest = new Map<string, number>();
  for (const { key, number } of await leasesIn(folder)) {
    highest.set(key, Math.max(number, highest.get(key) ?? 0));
  }
  const found = new Map<string, StandingLease>();
  for (const [key, number] of highest) {
    const file = fileOf(folder, key, number);
    const stored = await readLease(file);
    if (stored === null) continue;
    const dead = await isDead(stored, thisMachine(), clock, deadAfterMs);
    found.set(key, { key, file, owner: stored.owner, dead });
  }
  return found;
}

interface StoredLease {
  readonly owner: Owner | null;
  /** When the file was last written, by the clock of the file system. */
  readonly writtenMs: number;
}

/** The one rule for a dead lease. Where the file system's clock cannot be read, a lease of another machine stands. */
async function isDead(
  { owner, writtenMs }: StoredLease,
  machine: string,
  clock: FileClock,
  deadAfterMs: number,
): Promise<boolean> {
  if (owner?.machine === machine) return !isRunning(owner);
  const now = await clock.now();
  // No owner that lives has a lease from the future. A copied ledger may have one.
  return now !== null && Math.abs(now - writtenMs) > deadAfterMs;
}

/** The folder of leases. A key never begins with a dot, so the name cannot clash with a cell. */
export function leasesFolder(directory: string): string {
  return join(directory, '.leases');
}

const LEASE_NAME = /^(.+)\.([1-9]\d{0,8})\.json$/;

/** The cell and number in a lease's file name; null for the name of another file. */
export function parseLeaseName(name: string): { readonly key: string; readonly number: number } | null {
  const [, key, number] = LEASE_NAME.exec(name) ?? [];
  return key === undefined || key.startsWith('.') ? null : { key, number: Number(number) };
}

function fileOf(folder: string, key: string, number: number): string {
  return join(folder, `${key}.${number}.json`);
}

async function highestLease(folder: string, key: string): Promise<number> {
  return Math.max(0, ...(await leasesOf(folder, key)));
}

async function leasesOf(folder: string, key: string): Promise<number[]> {
  return (await leasesIn(folder)).flatMap((lease) => (lease.key === key ? [lease.number] : []));
}

/** All leases. There are about as many leases as running cells, because a cell removes its leases when it ends. */
async function leasesIn(folder: string): Promise<{ readonly key: string; readonly number: number }[]> {
  const names = await nodeFiles.readdir(folder).catch(ifAbsent<string[]>([]));
  return names.flatMap((name) => parseLeaseName(name) ?? []);
}

/** Null where the lease has gone. Opening the file makes NFS ask the server for its time. */
async function readLease(path: string): Promise<StoredLease | null> {
  // Opening a pipe would wait for a writer.
  const found = await nodeFiles.stat(path).catch(ifAbsent(null));
  if (found === null) return null;
  if (!found.isFile()) return { owner: null, writtenMs: found.mtimeMs };
  const file = await nodeFiles.open(path, 'r').catch(ifAbsent(null));
  if (file === null) return null;
  try {
    const { mtimeMs } = await file.stat();
    const text = await file.readFile('utf8').catch(() => '');
    return { owner: parseOwner(text), writtenMs: mtimeMs };
  } finally {
    await file.close();
  }
}
