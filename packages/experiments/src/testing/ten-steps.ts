/** Ten training steps of small models: what engines must agree on. */
import { type Backbone, buildConv4, buildVit, initialiseLinearHead, linearHead } from '@clce/backbones';
import {
  adamW,
  constantRate,
  type Engine,
  float32,
  type HostTensors,
  int32,
  type Optimizer,
  optimizerInputs,
  optimizerState,
  sgd,
  specsOf,
  type Tensor1D,
  type Tensor4D,
  trainingStep,
} from '@clce/engine';
import { getLoss } from '@clce/losses';
import { weightDraw } from '../training/weight-draw.ts';

export interface TenStepsCase {
  readonly backbone: Backbone;
  readonly optimizer: Optimizer;
  readonly loss: string;
}

/** Two architectures, two optimisers, two losses. */
export const tenStepsCases: readonly TenStepsCase[] = [
  buildConv4({ name: 'conv4', description: '', channels: 4 }),
  buildVit({ name: 'vit', description: '', patchSize: 4, width: 16, depth: 2, heads: 2, pooling: 'token' }),
].flatMap((backbone) =>
  [
    sgd({ schedule: constantRate(0.01), weightDecay: 5e-4 }),
    adamW({ schedule: constantRate(5e-4), weightDecay: 0.05 }),
  ].flatMap((optimizer) => ['ce', 'clce'].map((loss) => ({ backbone, optimizer, loss }))),
);

export interface TenSteps {
  readonly losses: readonly number[];
  readonly gradientNorms: readonly number[];
  /** Losses of the last five steps, taken again from a copy of the state that was read before them. */
  readonly resumed: readonly number[];
}

const STEPS = 10;
const SIDE = 16;
const BATCH = 8;
const CLASSES = 3;

export async function tenSteps(
  engine: Engine,
  { backbone, optimizer, loss }: TenStepsCase,
): Promise<TenSteps> {
  const draw = weightDraw(1);
  const { parameters, statistics } = backbone.initialise(SIDE, draw);
  const trained = { ...parameters, ...initialiseLinearHead(backbone.featureSize(SIDE), CLASSES, draw) };
  const initial = { ...trained, ...statistics, ...optimizerState(optimizer, trained) };
  const step = trainingStep({
    parameters: Object.keys(trained),
    optimizer,
    loss(state, { images, labels }) {
      const { features, statistics: updated } = backbone.forward(state, images as Tensor4D, 'training');
      const batch = { logits: linearHead(state, features), embeddings: features, labels: labels as Tensor1D };
      return { loss: getLoss(loss).apply(batch).loss, state: updated };
    },
  });
  const inputsAt = (k: number): HostTensors => ({
    images: float32([BATCH, SIDE, SIDE, 3], draw(`images ${k}`, BATCH * SIDE * SIDE * 3)),
    labels: int32(
      [BATCH],
      Array.from({ length: BATCH }, (_, i) => (i * 7 + k) % CLASSES),
    ),
    ...optimizerInputs(optimizer, k),
  });
  const compiled = await engine.compile(step, { state: specsOf(initial), inputs: specsOf(inputsAt(0)) });
  const stepsFrom = async (first: number, values: HostTensors) => {
    const state = engine.createState(values);
    const [losses, gradientNorms]: [number[], number[]] = [[], []];
    let midway = values;
    for (let k = first; k < STEPS; k++) {
      if (k === STEPS / 2) midway = await state.read();
      const outputs = await compiled.run(state, inputsAt(k));
      losses.push(outputs['loss']!.data[0]!);
      gradientNorms.push(outputs['gradientNorm']!.data[0]!);
    }
    state.dispose();
    return { losses, gradientNorms, midway };
  };
  try {
    const { losses, gradientNorms, midway } = await stepsFrom(0, initial);
    const { losses: resumed } = await stepsFrom(STEPS / 2, midway);
    return { losses, gradientNorms, resumed };
  } finally {
    await compiled.dispose();
  }
}
