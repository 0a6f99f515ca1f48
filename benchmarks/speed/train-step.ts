/**
 * A training step (forward, backward, AdamW) beside peers/train_step.py, each in its own process, in turn.
 *
 * Two ceilings are measured in the same run. `products`: the step's own matrix products, each alone on the same
 * runtime; the share of the step that they fill says how much the rest costs. `machine`: one product of 1024³.
 */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { interleave, show } from './interleave.ts';
import { peerMissing, runPeer } from './peer.ts';

export const trainStepModels = ['vit32', 'vit224', 'conv4', 'resnet12'] as const;
/** A full-size model that the peer does not have. */
export const modelsWithoutPeer = ['beit3'] as const;
export type TrainStepModel = (typeof trainStepModels)[number] | (typeof modelsWithoutPeer)[number];

/** What the program and the peer print, in milliseconds and megabytes. */
interface Report {
  readonly ms: number;
  readonly peakMB: number;
}

interface Ceilings {
  readonly productsMs: number;
  readonly productsGflop: number;
  readonly machineGflops: number;
}

export async function benchTrainStep(options: {
  readonly models: readonly TrainStepModel[];
  readonly rounds: number;
}): Promise<void> {
  const missing = await peerMissing();
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  for (const model of options.models) {
    console.log(
      `\n${model}\nloss   ours, ms (min … max)         peer, ms (min … max)         peer / ours           MB ours  MB peer`,
    );
    const hasPeer = missing === undefined && trainStepModels.some((name) => name === model);
    const medians: Record<string, number> = {};
    for (const loss of ['ce', 'clce']) {
      const memory = { ours: 0, peer: 0 };
      const { ours, peer, ratio } = await interleave(
        options.rounds,
        async () => {
          const report = await runOurs<Report>(model, loss);
          memory.ours = report.peakMB;
          return report;
        },
        hasPeer
          ? async () => {
              const report = await runPeer('train_step', [model, loss === 'ce' ? 'cross-entropy' : loss]);
              memory.peer = report.peakMB;
              return report;
            }
          : undefined,
      );
      medians[loss] = ours.median;
      const columns = [show(ours), peer ? show(peer) : '–', ratio ? show(ratio, 2) : '–'];
      const [oursText, peerText, ratioText] = columns as [string, string, string];
      console.log(
        `${loss.padEnd(6)} ${oursText.padEnd(28)} ${peerText.padEnd(28)} ${ratioText.padEnd(20)} ` +
          `${String(memory.ours).padStart(8)} ${(peer ? String(memory.peer) : '–').padStart(8)}`,
      );
    }
    const ceilings = await runOurs<Ceilings>(model, 'ceilings');
    const step = medians['ce']!;
    console.log(
      `CLCE / CE ${(medians['clce']! / step).toFixed(3)};  products alone ${ceilings.productsMs.toFixed(1)} ms ` +
        `= ${percent(ceilings.productsMs / step)} of the CE step;  ` +
        `${(ceilings.productsGflop / step / 1e-3).toFixed(0)} GFLOPS in the step, ` +
        `${(ceilings.productsGflop / ceilings.productsMs / 1e-3).toFixed(0)} in its products, ` +
        `${ceilings.machineGflops.toFixed(0)} at 1024³`,
    );
  }
}

async function runOurs<T>(model: string, what: string): Promise<T> {
  const program = fileURLToPath(new URL('train-step-program.ts', import.meta.url));
  const { stdout } = await execa('node', ['--import', 'tsx', program, model, what]);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
