/** A training step (forward, backward, AdamW) at batch 64 on 32×32 images, beside peers/train_step.py. */

import { getBackbone, initialiseLinearHead, linearHead } from '@clce/backbones';
import {
  adamW,
  constantRate,
  float32,
  int32,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  specsOf,
  type Tensor1D,
  type Tensor4D,
  trainingStep,
} from '@clce/engine';
import { findLoss } from '@clce/losses';
import { interleave, show } from './interleave.ts';
import { peerMissing, runPeer } from './peer.ts';
import { normal, timeSteps } from './workload.ts';

const BATCH = 64;
const SIZE = 32;
const CLASSES = { conv4: 10, resnet12: 64 } as const;
export type TrainStepModel = keyof typeof CLASSES;
export const trainStepModels = Object.keys(CLASSES) as TrainStepModel[];

export async function benchTrainStep(options: {
  readonly models: readonly TrainStepModel[];
  readonly rounds: number;
}): Promise<void> {
  const missing = await peerMissing();
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  console.log('model     loss   ours, ms (min … max)       peer, ms (min … max)       peer / ours');
  for (const model of options.models) {
    for (const loss of ['ce', 'clce']) {
      const { run, dispose } = await prepare(model, loss);
      const peerLoss = loss === 'ce' ? 'cross-entropy' : loss;
      const { ours, peer, ratio } = await interleave(
        options.rounds,
        () => timeSteps(run, 6),
        missing === undefined ? () => runPeer('train_step', [model, peerLoss]) : undefined,
      );
      await dispose();
      const columns = [show(ours), peer ? show(peer) : '–', ratio ? show(ratio, 2) : '–'];
      console.log(
        `${model.padEnd(9)} ${loss.padEnd(6)} ${columns.map((text) => text.padEnd(25)).join('  ')}`,
      );
    }
  }
}

async function prepare(
  model: TrainStepModel,
  lossName: string,
): Promise<{ run: () => Promise<unknown>; dispose: () => Promise<void> }> {
  const classes = CLASSES[model];
  const backbone = getBackbone(model);
  const draw = (_tensor: string, count: number) => normal(count);
  const { parameters, statistics } = backbone.initialise(SIZE, draw);
  const trained = { ...parameters, ...initialiseLinearHead(backbone.featureSize(SIZE), classes, draw) };
  const optimizer = adamW({ schedule: constantRate(1e-3) });
  const initial = { ...trained, ...statistics, ...optimizerState(optimizer, trained) };
  const definition = findLoss(lossName);
  const step = trainingStep({
    parameters: Object.keys(trained),
    optimizer,
    loss(weights, { images, labels }) {
      const { features, statistics: updated } = backbone.forward(weights, images as Tensor4D, 'training');
      const logits = linearHead(weights, features);
      const { loss } = definition.apply({ logits, embeddings: features, labels: labels as Tensor1D });
      return { loss, state: updated };
    },
  });
  const batch = {
    images: float32([BATCH, SIZE, SIZE, 3], normal(BATCH * SIZE * SIZE * 3)),
    labels: int32(
      [BATCH],
      Array.from({ length: BATCH }, (_, row) => (row * 7) % classes),
    ),
  };
  const engine = onnxEngine({ threads: 2 });
  const signature = {
    state: specsOf(initial),
    inputs: specsOf({ ...batch, ...optimizerInputs(optimizer, 0) }),
  };
  const compiled = await engine.compile(step, signature);
  const state = engine.createState(initial);
  let index = 0;
  return {
    run: () => compiled.run(state, { ...batch, ...optimizerInputs(optimizer, index++) }),
    async dispose() {
      state.dispose();
      await compiled.dispose();
    },
  };
}
