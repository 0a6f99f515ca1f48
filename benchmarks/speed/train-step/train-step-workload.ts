/** The timed models, batches and training steps. They are the same as the peer's. */
import { type Backbone, getBackbone, initialiseLinearHead, linearHead } from '@clce/backbones';
import {
  adamW,
  constantRate,
  float32,
  type HostTensors,
  int32,
  optimizerInputs,
  optimizerState,
  type Signature,
  type Step,
  specsOf,
  type Tensor1D,
  type Tensor4D,
  trainingStep,
} from '@clce/engine';
import { getLoss } from '@clce/losses';
import { vit32 } from '../measuring/vit32.ts';
import { normal } from '../measuring/workload.ts';

interface Model {
  readonly backbone: Backbone;
  readonly size: number;
  readonly batch: number;
  readonly classes: number;
}

const MODELS = {
  vit32: { backbone: vit32, size: 32, batch: 64, classes: 10 },
  vit224: { backbone: getBackbone('vit-small'), size: 224, batch: 8, classes: 100 },
  conv4: { backbone: getBackbone('conv4'), size: 32, batch: 64, classes: 10 },
  resnet12: { backbone: getBackbone('resnet12'), size: 32, batch: 64, classes: 64 },
  // A full-size model, which the peer does not have.
  beit3: { backbone: getBackbone('beit3-base'), size: 224, batch: 4, classes: 100 },
} satisfies Record<string, Model>;

export type ModelName = keyof typeof MODELS;

export interface Workload {
  readonly step: Step;
  readonly signature: Signature;
  /** Parameters, statistics and the optimiser's slots before the first step. */
  readonly state: HostTensors;
  /** Batch and optimiser scalars of step `index`. */
  readonly inputs: (index: number) => HostTensors;
}

/** A training step: forward, backward, AdamW. */
export function trainStepWorkload(name: ModelName, loss: 'ce' | 'clce'): Workload {
  const { backbone, size, batch, classes }: Model = MODELS[name];
  const draw = (_tensor: string, count: number) => normal(count);
  const { parameters, statistics } = backbone.initialise(size, draw);
  const trained = { ...parameters, ...initialiseLinearHead(backbone.featureSize(size), classes, draw) };
  const optimizer = adamW({ schedule: constantRate(1e-3) });
  const state = { ...trained, ...statistics, ...optimizerState(optimizer, trained) };
  const definition = getLoss(loss);
  const step = trainingStep({
    parameters: Object.keys(trained),
    optimizer,
    loss(weights, { images, labels }) {
      const { features, statistics: updated } = backbone.forward(weights, images as Tensor4D, 'training');
      const logits = linearHead(weights, features);
      const { loss: value } = definition.apply({ logits, embeddings: features, labels: labels as Tensor1D });
      return { loss: value, state: updated };
    },
  });
  const data = {
    images: float32([batch, size, size, 3], normal(batch * size * size * 3)),
    labels: int32(
      [batch],
      Array.from({ length: batch }, (_, row) => (row * 7) % classes),
    ),
  };
  const inputs = (index: number) => ({ ...data, ...optimizerInputs(optimizer, index) });
  return { step, state, inputs, signature: { state: specsOf(state), inputs: specsOf(inputs(0)) } };
}
