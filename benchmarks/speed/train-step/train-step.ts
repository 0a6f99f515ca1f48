/**
 * Compares a training step (forward, backward, AdamW) with peers/train_step.py. Each measurement runs in its own process. A
 * round has ours and the peer's step with CE, ours and the peer's step with CLCE, CE and CLCE steps in turn, and the ceilings
 * of our step. Ratios are taken within a round.
 *
 * Two ceilings are measured. `products` times each matrix product of the step alone on the same runtime; its share of the
 * step shows the cost of all other work. `machine` times one product of 1024³.
 */
import { show, spread } from '../measuring/interleave.ts';
import { peerMissing, runPeer } from '../measuring/peer.ts';
import { runProgram } from '../measuring/program.ts';
import type { Profile } from './profile.ts';

export const trainStepModels = ['vit32', 'vit224', 'conv4', 'resnet12'] as const;
/** Full-size models, which the peer does not have. */
export const modelsWithoutPeer = ['beit3'] as const;
export type TrainStepModel = (typeof trainStepModels)[number] | (typeof modelsWithoutPeer)[number];

/** The output of the program and of the peer, in milliseconds and megabytes. */
interface Report {
  readonly ms: number;
  readonly peakMB: number;
}

interface Ceilings {
  readonly productsMs: number;
  readonly productsGflop: number;
  readonly machineGflops: number;
}

const OVERHEAD_STEPS = 15;

interface Round {
  readonly ce: Pair;
  readonly clce: Pair;
  /** Time of a CLCE step divided by that of a CE step, with the two in turn in one process. */
  readonly overhead: number;
  readonly ceilings: Ceilings;
}

interface Pair {
  readonly ours: Report;
  readonly peer?: Report;
}

export async function benchTrainStep(options: {
  readonly models: readonly TrainStepModel[];
  readonly rounds: number;
  readonly profile: boolean;
}): Promise<void> {
  const missing = options.profile ? undefined : await peerMissing();
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  for (const model of options.models) {
    if (options.profile) {
      printProfile(model, await runOurs<Profile>(model, 'profile'));
      continue;
    }
    const hasPeer = missing === undefined && trainStepModels.some((name) => name === model);
    const rounds: Round[] = [];
    for (let round = 0; round < options.rounds; round++) {
      rounds.push({
        ce: await pair(model, 'ce', hasPeer),
        clce: await pair(model, 'clce', hasPeer),
        overhead: (await runOurs<{ ratio: number }>(model, 'overhead', OVERHEAD_STEPS)).ratio,
        ceilings: await runOurs<Ceilings>(model, 'ceilings'),
      });
    }
    printRounds(model, rounds);
  }
}

async function pair(model: string, loss: 'ce' | 'clce', hasPeer: boolean): Promise<Pair> {
  const ours = await runOurs<Report>(model, loss);
  if (!hasPeer) return { ours };
  return { ours, peer: await runPeer('train_step', [model, loss === 'ce' ? 'cross-entropy' : loss]) };
}

function runOurs<T>(model: string, what: string, steps?: number): Promise<T> {
  return runProgram(new URL('./train-step-program.ts', import.meta.url), [
    model,
    what,
    ...(steps === undefined ? [] : ['onnx', String(steps)]),
  ]);
}

function printRounds(model: string, rounds: readonly Round[]): void {
  console.log(
    `\n${model}\nloss   ours, ms (min … max)         peer, ms (min … max)         peer / ours           MB ours  MB peer`,
  );
  for (const loss of ['ce', 'clce'] as const) {
    const ours = rounds.map((round) => round[loss].ours);
    const peer = rounds.flatMap((round) => round[loss].peer ?? []);
    const ms = (reports: readonly Report[]) => show(spread(reports.map((report) => report.ms)));
    const megabytes = (reports: readonly Report[]) => Math.max(...reports.map((report) => report.peakMB));
    const compared = peer.length > 0;
    const ratio = compared ? show(spread(peer.map((report, k) => report.ms / ours[k]!.ms)), 2) : '–';
    console.log(
      `${loss.padEnd(6)} ${ms(ours).padEnd(28)} ${(compared ? ms(peer) : '–').padEnd(28)} ${ratio.padEnd(20)} ` +
        `${String(megabytes(ours)).padStart(8)} ${(compared ? String(megabytes(peer)) : '–').padStart(8)}`,
    );
  }
  const over = (f: (round: Round) => number) => spread(rounds.map(f));
  const percent = (f: (round: Round) => number) =>
    `${show(
      over((round) => 100 * f(round)),
      0,
    )} %`;
  const step = ({ ce }: Round) => ce.ours.ms;
  const gflops = ({ ceilings }: Round) => ceilings.productsGflop / ceilings.productsMs / 1e-3;
  console.log(
    `CLCE / CE ${show(
      over(({ overhead }) => overhead),
      3,
    )}\n` +
      `products alone ${show(over((round) => round.ceilings.productsMs))} ms, ` +
      `${percent((round) => round.ceilings.productsMs / step(round))} of the CE step\n` +
      `GFLOPS ${show(
        over((round) => round.ceilings.productsGflop / step(round) / 1e-3),
        0,
      )} in the step, ` +
      `${show(over(gflops), 0)} in its products, ${show(
        over((round) => round.ceilings.machineGflops),
        0,
      )} at 1024³: ` +
      `${percent((round) => gflops(round) / round.ceilings.machineGflops)}`,
  );
}

/** Prints the operators that take at least a hundredth of the time, longest first. */
function printProfile(model: string, profile: Profile): void {
  const entries = Object.entries(profile).toSorted(([, a], [, b]) => b.ms - a.ms);
  const total = entries.reduce((sum, [, { ms }]) => sum + ms, 0);
  console.log(`\n${model}, CE: ${total.toFixed(1)} ms in operators\nms a step   share  a step  operator`);
  for (const [name, { ms, count }] of entries.filter(([, { ms }]) => ms >= total / 100)) {
    console.log(
      `${ms.toFixed(1).padStart(9)} ${`${((100 * ms) / total).toFixed(1)} %`.padStart(7)} ${String(Math.round(count)).padStart(7)}  ${name}`,
    );
  }
}
