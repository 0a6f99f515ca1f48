/**
 * For tests: a runner of cheap cells as a program, `cheap-cells.ts LEDGER [MACHINE]`. Ledger, leases and files are the real
 * ones; a cell is a chain of hashes that goes on from its last snapshot. With MACHINE the runner passes for one on another
 * machine. The lease is short, so that nobody waits for a runner that was killed. Prints `ready` before the first cell.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ifAbsent, writeFile } from '@clce/files';
import { type Cell, cellKey, openLeases, openLedger, runCells } from '@clce/runner';

interface CheapSpec {
  readonly seed: number;
  readonly numericsVersion: number;
}

export const cheapCells: readonly Cell<CheapSpec>[] = [0, 1, 2, 3, 4, 5].map((seed) => {
  const spec = { seed, numericsVersion: 1 };
  return { key: cellKey(spec), label: `seed ${seed}`, spec };
});

const STEPS = 4;

export const LEASE_MS = 500;

export function cheapLedger(directory: string) {
  return openLedger({ directory, parseResult: String });
}

async function runCheapCell({ seed }: CheapSpec, directory: string): Promise<string> {
  const file = join(directory, 'snapshot.safetensors');
  const stored = await readFile(file, 'utf8').catch(ifAbsent(null));
  // A snapshot is whole or absent: a text that is cut off ends the cell with an error.
  let { step, state } = (stored === null ? { step: 0, state: '' } : JSON.parse(stored)) as {
    step: number;
    state: string;
  };
  for (; step < STEPS; ) {
    state = createHash('sha256').update(`${seed} ${state}`).digest('hex');
    await writeFile(file, JSON.stringify({ step: ++step, state }));
  }
  return state;
}

async function main(directory: string, machine?: string): Promise<void> {
  const self = machine && { runner: machine, host: machine, machine, pid: process.pid, started: null };
  console.log('ready');
  const outcomes = await runCells({
    cells: cheapCells,
    ledger: cheapLedger(directory),
    leases: openLeases({
      directory,
      ...(self && { self }),
      heartbeatMs: LEASE_MS / 10,
      deadAfterMs: LEASE_MS,
    }),
    run: (spec, context) => runCheapCell(spec, context.directory),
    environment: {
      commit: null,
      dirty: null,
      node: '',
      platform: '',
      cpu: '',
      instructionSets: null,
      cores: 1,
      packages: {},
    },
    pollMs: 20,
    concurrency: 2,
  });
  for (const outcome of outcomes) if (outcome.kind === 'failed') console.error(outcome.error);
  process.exitCode = outcomes.every(({ kind }) => kind === 'done') ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [directory, machine] = process.argv.slice(2) as [string, string | undefined];
  await main(directory, machine);
}
