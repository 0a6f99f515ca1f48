/**
 * A claim in the ledger says which runner computes a cell. So runners that share a ledger, on one machine or on several,
 * share the work and never compute a cell twice.
 *
 *     runs/.claims/<key>.<n>.json     the n-th claim of the cell; the highest number counts
 *
 * A runner claims a cell by creating the next file. Any file system, NFS included, lets only one process create it. A
 * runner takes over from a dead owner in the same way, so no runner removes a file that another has just created.
 *
 * An owner on this machine is dead when its process is gone. An owner on another machine is dead when its heartbeat has
 * not changed for `deadAfterMs` on the local clock; clocks of two machines are never compared. An owner that was only
 * suspended finds the higher claim when it resumes, and stops.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createFile, type FileOperations, ifAbsent, writeFile } from '@clce/files';

/** The content of a claim. */
export interface Owner {
  /** A unique name of the runner. */
  readonly runner: string;
  readonly host: string;
  /** Boot and process namespace. Process numbers are unique only within them. */
  readonly machine: string;
  readonly pid: number;
  /** Start of the process, in clock ticks since boot; null where unknown. It tells apart two processes that reuse a number. */
  readonly started: string | null;
  /** A counter that grows while the owner lives. */
  readonly beat: number;
}

export interface Claim {
  /** Aborted when another runner has taken the cell over. */
  readonly lost: AbortSignal;
  /** Gives up the cell, whether or not it is finished. */
  release(): Promise<void>;
}

export type ClaimAttempt =
  | { readonly state: 'claimed'; readonly claim: Claim }
  | { readonly state: 'held'; readonly owner: Owner };

export interface Claims {
  /** @throws FileWriteError where the claim cannot be written */
  claim(key: string): Promise<ClaimAttempt>;
}

export interface ClaimsOptions {
  /** The ledger's directory. */
  readonly directory: string;
  /** Time between an owner's heartbeats. */
  readonly heartbeatMs?: number;
  /** Silence after which an owner on another machine is dead. It spans many heartbeats: file systems may show them late. */
  readonly deadAfterMs?: number;
  /** The claiming runner; this process by default. */
  readonly self?: Omit<Owner, 'beat'>;
  readonly files?: FileOperations;
}

export function openClaims(options: ClaimsOptions): Claims {
  const { directory, heartbeatMs = 10_000, deadAfterMs = 120_000, self = thisProcess(), files } = options;
  const folder = folderIn(directory);
  const { rm } = files ?? nodeFiles;
  /** The last known state of owners on other machines, and when it last changed. */
  const seen = new Map<string, { readonly owner: Owner; readonly since: number }>();

  function isDead(key: string, owner: Owner): boolean {
    if (owner.machine === self.machine) return !isRunning(owner);
    const before = seen.get(key);
    if (before?.owner.runner === owner.runner && before.owner.beat === owner.beat) {
      return performance.now() - before.since > deadAfterMs;
    }
    seen.set(key, { owner, since: performance.now() });
    return false;
  }

  return {
    async claim(key) {
      const highest = await highestClaim(folder, key);
      // A claim that cannot be read, for example a truncated file, protects no owner.
      const holder = highest === 0 ? undefined : await readOwner(fileOf(folder, key, highest));
      if (holder !== undefined && !isDead(key, holder)) return { state: 'held', owner: holder };
      const number = highest + 1;
      const own = { ...self, beat: 0 };
      const file = fileOf(folder, key, number);
      if (!(await createFile(file, textOf(own), files))) {
        const owner = (await readOwner(file)) ?? own;
        return { state: 'held', owner };
      }
      return { state: 'claimed', claim: keep(key, number, own) };
    },
  };

  /** Writes heartbeats until the claim is released or lost. */
  function keep(key: string, number: number, own: Owner): Claim {
    const file = fileOf(folder, key, number);
    const lost = new AbortController();
    let beat = own.beat;
    let beating = Promise.resolve();
    const timer = setInterval(() => {
      const beatOnce = async (): Promise<void> => {
        const stillOurs =
          (await highestClaim(folder, key)) === number && (await readOwner(file))?.runner === own.runner;
        if (!stillOurs) {
          clearInterval(timer);
          lost.abort(new Error(`another runner has taken over cell ${key}`));
          return;
        }
        beat++;
        await writeFile(file, textOf({ ...own, beat }), files);
      };
      // A failed heartbeat need not stop this runner: another runner that takes over computes the same bytes.
      beating = beating.then(beatOnce).catch(() => {});
    }, heartbeatMs);
    timer.unref();
    return {
      lost: lost.signal,
      async release() {
        clearInterval(timer);
        await beating;
        if (lost.signal.aborted) return;
        for (const claim of await claimsOf(folder, key)) {
          // If removal fails, the claim belongs to a dead owner as soon as this process ends.
          if (claim <= number) await rm(fileOf(folder, key, claim), { force: true }).catch(() => {});
        }
      },
    };
  }
}

/** The owner of each claimed cell, dead or alive. */
export async function owners(directory: string): Promise<Map<string, Owner>> {
  const folder = folderIn(directory);
  const claims = (await claimsIn(folder)).toSorted((one, other) => one.number - other.number);
  const found = new Map<string, Owner>();
  for (const { key, number } of claims) {
    const owner = await readOwner(fileOf(folder, key, number));
    if (owner !== undefined) found.set(key, owner);
  }
  return found;
}

/** Whether an owner is known to be gone. False for owners on other machines: only their heartbeat tells. */
export function isGone(owner: Owner): boolean {
  return owner.machine === thisMachine() && !isRunning(owner);
}

/** The folder of claims. A key never begins with a dot, so the name cannot clash with a cell. */
function folderIn(directory: string): string {
  return join(directory, '.claims');
}

const CLAIM = /^(.+)\.(\d+)\.json$/;

function fileOf(folder: string, key: string, number: number): string {
  return join(folder, `${key}.${number}.json`);
}

async function highestClaim(folder: string, key: string): Promise<number> {
  return Math.max(0, ...(await claimsOf(folder, key)));
}

async function claimsOf(folder: string, key: string): Promise<number[]> {
  return (await claimsIn(folder)).flatMap((claim) => (claim.key === key ? [claim.number] : []));
}

/** All claims. There are about as many claims as running cells, because a cell removes its claims when it ends. */
async function claimsIn(folder: string): Promise<{ readonly key: string; readonly number: number }[]> {
  const names = await nodeFiles.readdir(folder).catch(ifAbsent<string[]>([]));
  return names.flatMap((name) => {
    const [, key, number] = CLAIM.exec(name) ?? [];
    return key === undefined ? [] : [{ key, number: Number(number) }];
  });
}

async function readOwner(file: string): Promise<Owner | undefined> {
  const text = await nodeFiles.readFile(file, 'utf8').catch(ifAbsent<string | undefined>(undefined));
  if (text === undefined) return undefined;
  try {
    const stored = JSON.parse(text) as Owner;
    return typeof stored.runner === 'string' && typeof stored.pid === 'number' ? stored : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function textOf(owner: Owner): string {
  return `${JSON.stringify(owner)}\n`;
}

function thisProcess(): Omit<Owner, 'beat'> {
  const { pid } = process;
  return {
    runner: randomUUID(),
    host: hostname(),
    machine: thisMachine(),
    pid,
    started: processStat(pid)?.started ?? null,
  };
}

/** Linux tells boots and process namespaces apart. On other systems the host name identifies the machine. */
function thisMachine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function isRunning({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that the process exists and belongs to another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const now = processStat(pid);
  // A zombie has ended, but its parent has not collected it.
  return started === null || now === null || (now.started === started && now.state !== 'Z');
}

/** State, and start in clock ticks since boot (proc(5), fields 3 and 22); null where the file is missing. */
function processStat(pid: number): { readonly state: string; readonly started: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in brackets, may contain spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, started: fields[19]! };
  } catch {
    return null;
  }
}
