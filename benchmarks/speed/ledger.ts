/**
 * Measures the commands that read many cells: processor time and peak memory of each, at a limit of 1024 open files. The
 * ledger holds one finished suite of synthetic cells. Each command runs in a process of its own. No other program does the
 * same work, so there is no peer.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CellResult, parseCellResult } from '@clce/results';
import { describeEnvironment, openLedger } from '@clce/runner';
import { execa } from 'execa';
import sharp from 'sharp';
import type { SuiteCell } from '../../packages/cli/src/run/plan.ts';
import { planSuite } from '../../packages/cli/src/run/suite-options.ts';
import { sourcesOf } from '../../packages/experiments/src/source-hash.ts';

const LOSSES = ['ce', 'ce+supcon', 'clce', 'supcon', 'ce+hcl'];
const BACKBONES = ['conv4', 'resnet12'];
const BATCHES = [4, 8, 16, 32];
const SETTINGS = LOSSES.length * BACKBONES.length * BATCHES.length;
const OPEN_FILES = 1024;
/** Figures of a cell's training curve, and points of its map, as in a run of `fewshot`. */
const CURVE = 20;
const POINTS = 150;
const BINS = 40;

const CLCE = fileURLToPath(new URL('../../clce', import.meta.url));
/** Prints the peak memory, in kilobytes, when a process ends. */
const PEAK = `data:text/javascript,process.on('exit',()=>console.error('peak='+process.resourceUsage().maxRSS))`;

export async function benchLedger(options: {
  readonly cells: number;
  readonly episodes: number;
}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'clce-ledger-'));
  try {
    await writePictures(join(folder, 'data', 'folder', 'extracted'));
    const { cells, bytes } = await writeLedger(folder, options);
    console.log(`${cells} cells, ${(bytes / 1e6).toFixed(0)} MB of results`);
    const [ledger, results] = [
      ['--ledger', join(folder, 'runs')],
      ['--results', folder],
    ] as const;
    const bench = [
      'bench',
      'fewshot',
      ...flags(folder, options),
      ...ledger,
      '--out',
      join(folder, 'fewshot.csv'),
    ];
    for (const [title, ...words] of [
      ['bench', ...bench],
      ['status', 'status', ...ledger],
      ['gc', 'gc', '--dry-run', ...ledger],
      ['query', 'query', 'select count(*) from cells', ...ledger, ...results],
      ['table', 'table', 'fewshot', ...results],
      ['claims', 'claims', ...results],
    ] as const) {
      const { seconds, megabytes } = await measured(words);
      console.log(
        `${title.padEnd(6)} ${seconds.toFixed(1).padStart(6)} s of processor time ${megabytes.toFixed(0).padStart(6)} MB`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Flags of a suite with about that many cells; baselines come on top. */
function flags(folder: string, { cells, episodes }: { readonly cells: number; readonly episodes: number }) {
  const seeds = Array.from({ length: Math.ceil(cells / SETTINGS) }, (_, seed) => seed);
  const set = ['protocol.way=2', 'protocol.query=3', `protocol.episodes=${episodes}`, 'imageSize=16'];
  return [
    ...['--datasets', 'folder', '--data', join(folder, 'data')],
    ...['--losses', LOSSES.join(','), '--backbones', BACKBONES.join(',')],
    ...['--batch-sizes', BATCHES.join(','), '--seeds', seeds.join(',')],
    ...set.flatMap((assignment) => ['--set', assignment]),
  ];
}

/** Processor time of the command and the programs that it starts, and the peak memory of the largest. */
async function measured(words: readonly string[]): Promise<{ seconds: number; megabytes: number }> {
  const script = `ulimit -n ${OPEN_FILES}; TIMEFORMAT='spent %U %S'; time "$@"`;
  const { stderr } = await execa('bash', ['-c', script, 'bash', CLCE, ...words], {
    stdout: 'ignore',
    env: { NODE_OPTIONS: `--import ${PEAK}` },
  });
  const [, user, system] = /^spent ([\d.]+) ([\d.]+)$/m.exec(stderr)!;
  return {
    seconds: Number(user) + Number(system),
    megabytes: Math.max(...[...stderr.matchAll(/^peak=(\d+)$/gm)].map(([, peak]) => Number(peak))) / 1024,
  };
}

/** Pictures of eight classes: enough for the episodes and batches of the suite. */
async function writePictures(folder: string): Promise<void> {
  for (const [at, side] of [
    'base',
    'base',
    'base',
    'base',
    'novel',
    'novel',
    'novel',
    'validation',
  ].entries()) {
    const directory = join(folder, side, `class-${at}`);
    mkdirSync(directory, { recursive: true });
    for (let picture = 0; picture < 12; picture++) {
      const background = { r: 30 * at, g: 20 * picture, b: 100 };
      await sharp({ create: { width: 16, height: 16, channels: 3, background } })
        .png()
        .toFile(join(directory, `${picture}.png`));
    }
  }
}

/** Writes the suite's cells as a run writes them, apart from the syncs. */
async function writeLedger(
  folder: string,
  options: { readonly cells: number; readonly episodes: number },
): Promise<{ cells: number; bytes: number }> {
  const set = ['protocol.way=2', 'protocol.query=3', `protocol.episodes=${options.episodes}`, 'imageSize=16'];
  const { plan } = await planSuite('fewshot', {
    datasets: ['folder'],
    dataRoot: join(folder, 'data'),
    losses: LOSSES,
    backbones: BACKBONES,
    batchSizes: BATCHES,
    seeds: Array.from({ length: Math.ceil(options.cells / SETTINGS) }, (_, seed) => seed),
    set,
  });
  const directory = join(folder, 'runs');
  const ledger = openLedger({ directory, parseResult: parseCellResult, files: withoutSync });
  const environment = await describeEnvironment();
  const time = { startedAt: new Date(0).toISOString(), endedAt: new Date(1).toISOString(), durationMs: 1 };
  let bytes = 0;
  for (const [at, cell] of plan.entries()) {
    const provenance = { ...environment, ...time, sources: sourcesOf(cell.spec), graph: 'f'.repeat(64) };
    await ledger.write(cell.key, cell.spec, resultOf(cell, at), provenance);
    bytes += (await nodeFiles.stat(join(directory, cell.key, 'result.json'))).size;
  }
  return { cells: plan.length, bytes };
}

/** Syncs of every file would take longer than all that is measured. */
const withoutSync: typeof nodeFiles = {
  ...nodeFiles,
  open: async (...words) => {
    const file = await nodeFiles.open(...words);
    file.sync = async () => {};
    return file;
  },
};

/** A result of the size that a cell of `fewshot` has. */
function resultOf({ spec }: SuiteCell, at: number): CellResult {
  const { protocol } = spec;
  if (protocol.kind !== 'few-shot') throw new TypeError('the suite is few-shot');
  const { way, query, episodes } = protocol;
  const classes = ['class-4', 'class-5', 'class-6'];
  const scores = protocol.shots.flatMap((shot) =>
    protocol.classifiers.map((classifier) => ({
      ...{ kind: 'few-shot' as const, shot, classifier, way, query, classes },
      drawn: Array.from({ length: way * episodes }, (_, place) => (at + place) % classes.length),
      correct: Array.from(
        { length: way * episodes },
        (_, place) => (at * 7 + place * 13 + shot) % (query + 1),
      ),
    })),
  );
  if (spec.kind !== 'training') return { scores, training: null, quality: null };
  const figure = (place: number) => ((at * 31 + place * 17) % 9973) / 9973;
  const bins = () => Array.from({ length: BINS }, (_, bin) => (at + bin * 37) % 500);
  return {
    scores,
    training: {
      steps: 200,
      epochs: 40,
      positives: figure(0),
      initialWeights: 'a'.repeat(64),
      dataOrder: 'b'.repeat(64),
      curve: Array.from({ length: CURVE }, (_, place) => ({
        step: 10 * place,
        loss: figure(place),
        crossEntropy: figure(place + 1),
        contrastive: figure(place + 2),
        gradientNorm: figure(place + 3),
      })),
    },
    quality: {
      samples: POINTS,
      isotropy: figure(1),
      alignment: figure(2),
      uniformity: -figure(3),
      recallAt1: figure(4),
      mapAtR: figure(5),
      silhouette: figure(6),
      similarities: { within: bins(), between: bins() },
      map: {
        classes: ['class-4', 'class-5', 'class-6'],
        points: Array.from({ length: POINTS }, (_, point) => [point % 3, figure(point), figure(point + 1)]),
      },
    },
  };
}
