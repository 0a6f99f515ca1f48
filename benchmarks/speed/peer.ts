/** Runs one of the Python peers and reads the JSON line that it prints. */

import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const PYTHON = '/usr/bin/python3';

/** What a peer reports of itself, in milliseconds and megabytes. */
export interface PeerReport {
  readonly ms: number;
  readonly min: number;
  readonly peakMB: number;
}

/** Why the peer cannot run here; undefined where it can. */
export async function peerMissing(
  module: 'torch.nn' | 'torchvision.models' = 'torch.nn',
): Promise<string | undefined> {
  const { exitCode, failed } = await execa(PYTHON, ['-c', `import ${module}`], { reject: false });
  if (!failed && exitCode === 0) return undefined;
  const packages = `python3-${module.split('.')[0]} libopenblas0-pthread`;
  return `${module} is not installed for /usr/bin/python3 (Debian: apt-get install ${packages})`;
}

export function runPeer(program: string, args: readonly string[]): Promise<PeerReport> {
  return run(program, args);
}

/** Images a second, of a peer that reports that. */
export async function runPeerForRate(program: string, args: readonly string[]): Promise<number> {
  const { imagesPerSecond } = await run<{ readonly imagesPerSecond: number }>(program, args);
  return imagesPerSecond;
}

async function run<T>(program: string, args: readonly string[]): Promise<T> {
  const path = fileURLToPath(new URL(`peers/${program}.py`, import.meta.url));
  const { stdout } = await execa(PYTHON, [path, ...args]);
  return JSON.parse(stdout.split('\n')[0]!) as T;
}
