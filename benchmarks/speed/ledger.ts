/**
 * Measures time and peak memory of `clce status`, `table` and `claims` on a large ledger of synthetic cells. Each command
 * runs in its own process. No other program does the same work, so there is no peer.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SeedRow, seedCsv } from '@clce/results';
import { execa } from 'execa';

const DATASETS = Array.from({ length: 12 }, (_, at) => `set-${at + 1}`);
const BATCHES = [64, 256, 1024, 4096];
const LOSSES = ['CE', 'CE + SupCon', 'CLCE', 'SupCon', 'CE + HCL'];
const SHOTS = [1, 5];
const EPISODES = 2000;

/** Prints the peak memory, in kilobytes, when the program ends. */
const PEAK = `data:text/javascript,process.on('exit',()=>console.error('peak '+process.resourceUsage().maxRSS))`;

export async function benchLedger({ cells }: { readonly cells: number }): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clce-ledger-'));
  try {
    console.log(`${cells} cells, ${(writeLedger(folder, cells) / 1e6).toFixed(0)} MB`);
    for (const [command, ...words] of [
      ['status', '--ledger', join(folder, 'runs')],
      ['table', 'fewshot', '--results', join(folder, 'results')],
      ['claims', '--results', join(folder, 'results')],
    ] as const) {
      const { seconds, megabytes } = await time(command, words);
      console.log(
        `clce ${command.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s ${megabytes.toFixed(0).padStart(6)} MB`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function time(
  command: string,
  words: readonly string[],
): Promise<{ seconds: number; megabytes: number }> {
  const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
  const start = performance.now();
  const { stderr } = await execa('node', ['--import', 'tsx', '--import', PEAK, main, command, ...words], {
    stdout: 'ignore',
  });
  return {
    seconds: (performance.now() - start) / 1000,
    megabytes: Number(/peak (\d+)/.exec(stderr)![1]) / 1024,
  };
}

/** Writes a ledger and the measurements of its cells, in the form of real runs. @returns bytes of the ledger */
function writeLedger(folder: string, cells: number): number {
  const rows: SeedRow[] = [];
  let bytes = 0;
  for (let cell = 0; cell < cells; cell++) {
    const of = <Value>(values: readonly Value[], every: number): Value =>
      values[Math.floor(cell / every) % values.length]!;
    const loss = of(LOSSES, 1);
    const dataset = of(DATASETS, LOSSES.length);
    const batch = of(BATCHES, LOSSES.length * DATASETS.length);
    const seed = Math.floor(cell / (LOSSES.length * DATASETS.length * BATCHES.length));
    const key = createHash('sha256').update(String(cell)).digest('hex');
    const spec = { kind: 'training', numericsVersion: 3, dataset: { name: dataset }, batchSize: batch, seed };
    const scores = SHOTS.map((shot) => ({
      kind: 'few-shot',
      shot,
      classifier: 'nearest-centroid',
      queriesPerEpisode: 75,
      correct: Array.from({ length: EPISODES }, (_, episode) => 40 + ((cell * 7 + episode * 13) % 30)),
    }));
    const result = { schemaVersion: 1, key, spec, result: { scores, training: null, quality: null } };
    const text = JSON.stringify(result, null, 2);
    mkdirSync(join(folder, 'runs', key), { recursive: true });
    writeFileSync(join(folder, 'runs', key, 'result.json'), text);
    bytes += text.length;
    for (const shot of SHOTS) {
      rows.push({
        dataset,
        image_size: 224,
        backbone: 'beit3-base',
        weights: '0123456789ab',
        loss,
        batch_size: batch,
        seed,
        protocol: 'few-shot',
        way: 5,
        shot,
        classifier: 'nearest-centroid',
        measure: 'accuracy',
        value: 60 + ((cell * 31 + shot) % 97) / 10,
        cell: key.slice(0, 12),
      });
    }
  }
  mkdirSync(join(folder, 'results'));
  writeFileSync(join(folder, 'results', 'fewshot.seeds.csv'), seedCsv(rows));
  return bytes;
}
