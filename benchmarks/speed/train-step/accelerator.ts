/**
 * Measures a training step on an accelerator. It compares the step's time with PyTorch eager on the same GPU
 * (peers/train_step_gpu.py), and the step's numbers with those of this machine's CPU. Each measurement runs in its own process,
 * one after the other.
 */

import { show, spread } from '../measuring/interleave.ts';
import { gpuPeerMissing, runGpuPeer } from '../measuring/peer.ts';
import { runProgram } from '../measuring/program.ts';
import type { Differences } from './differences-program.ts';
import type { trainStepModels } from './train-step.ts';

export interface AcceleratorOptions {
  readonly engine: string;
  readonly models: readonly (typeof trainStepModels)[number][];
  readonly rounds: number;
  /** A Python with PyTorch for CUDA. */
  readonly python: string;
  /** Whether NVIDIA's libraries may round the factors of products to TF32. */
  readonly tf32: boolean;
}

const STEPS = '20';

export async function benchAccelerator(options: AcceleratorOptions): Promise<void> {
  const { engine, models, rounds, python, tf32 } = options;
  const env = tf32 ? {} : { NVIDIA_TF32_OVERRIDE: '0' };
  const missing = await gpuPeerMissing(python);
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  console.log(
    `${engine}; products in ${tf32 ? 'TF32 where a library can' : 'float32'}\n` +
      'model     loss   ours, ms (min … max)     peer, ms (min … max)     peer / ours          off the CPU: step 1, last',
  );
  for (const model of models) {
    for (const loss of ['ce', 'clce']) {
      const ours: number[] = [];
      const peer: number[] = [];
      let device = '';
      for (let round = 0; round < rounds; round++) {
        ours.push(
          (
            await runProgram<{ ms: number }>(
              new URL('./train-step-program.ts', import.meta.url),
              [model, loss, engine, STEPS],
              env,
            )
          ).ms,
        );
        if (missing !== undefined) continue;
        const peerLoss = loss === 'ce' ? 'cross-entropy' : loss;
        const { ms, gpu, version } = await runGpuPeer([model, peerLoss, STEPS], { python, env });
        peer.push(ms);
        device = `PyTorch ${version}, ${gpu}`;
      }
      const { first, last } = await runProgram<Differences>(
        new URL('./differences-program.ts', import.meta.url),
        [model, loss, engine],
        env,
      );
      const compared = peer.length > 0;
      const ratio = compared ? show(spread(peer.map((ms, k) => ms / ours[k]!)), 2) : '–';
      console.log(
        `${model.padEnd(9)} ${loss.padEnd(6)} ${show(spread(ours), 2).padEnd(24)} ` +
          `${(compared ? show(spread(peer), 2) : '–').padEnd(24)} ${ratio.padEnd(20)} ` +
          `${first.toExponential(1)}, ${last.toExponential(1)} ${device}`,
      );
    }
  }
}
