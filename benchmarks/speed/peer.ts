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
export async function peerMissing(): Promise<string | undefined> {
  const { exitCode, failed } = await execa(PYTHON, ['-c', 'import torch.nn'], { reject: false });
  if (!failed && exitCode === 0) return undefined;
  return 'PyTorch is not installed for /usr/bin/python3 (Debian: apt-get install python3-torch libopenblas0-pthread)';
}

export async function runPeer(program: string, args: readonly string[]): Promise<PeerReport> {
  const path = fileURLToPath(new URL(`peers/${program}.py`, import.meta.url));
  const { stdout } = await execa(PYTHON, [path, ...args]);
  return JSON.parse(stdout.split('\n')[0]!) as PeerReport;
}
