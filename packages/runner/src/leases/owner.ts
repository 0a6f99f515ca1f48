/** The runner that owns a lease, and whether its process is still there. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** The content of a lease. */
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

export function thisProcess(): Omit<Owner, 'beat'> {
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
export function thisMachine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** Whether the process of an owner on this machine is still there. */
export function isRunning({ pid, started }: Owner): boolean {
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

const LARGEST_PID = 2 ** 31 - 1;

/** Null where the text is cut off, or is no lease. */
export function parseOwner(text: string): Owner | null {
  try {
    const { runner, host, machine, pid, started, beat } = JSON.parse(text) as Owner;
    const names = [runner, host, machine].every((name) => typeof name === 'string');
    // A number below 1 names a group of processes.
    if (!names || !Number.isInteger(pid) || pid < 1 || pid > LARGEST_PID) return null;
    return { runner, host, machine, pid, started: typeof started === 'string' ? started : null, beat };
  } catch {
    return null;
  }
}

export function ownerText(owner: Owner): string {
  return `${JSON.stringify(owner)}\n`;
}
