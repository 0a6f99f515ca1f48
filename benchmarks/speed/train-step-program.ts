/**
 * One training step (forward, backward, AdamW) in a process of its own, so that its peak memory can be told.
 *
 *     tsx benchmarks/speed/train-step-program.ts vit32|vit224|conv4|resnet12|beit3 ce|clce|ceilings
 *
 * prints one JSON line, as peers/train_step.py does for the same model, batch and loss; or with `ceilings` what the
 * step's matrix products take alone, and what one of 1024³ reaches.
 */
import { getBackbone, initialiseLinearHead, linearHead } from '@clce/backbones';
import {
  adamW,
  constantRate,
  float32,
  int32,
  type MatrixProduct,
  matrixProducts,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  specsOf,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tf,
  trace,
  trainingStep,
} from '@clce/engine';
import { findLoss } from '@clce/losses';
import * as ort from 'onnxruntime-node';
import { peakMegabytes } from './memory.ts';
import { vit32 } from './vit32.ts';
import { normal, timeSteps } from './workload.ts';

/** The same models, images and batches as the peer's. */
const MODELS = {
  vit32: { backbone: vit32, size: 32, batch: 64, classes: 10 },
  vit224: { backbone: getBackbone('vit-small'), size: 224, batch: 8, classes: 100 },
  conv4: { backbone: getBackbone('conv4'), size: 32, batch: 64, classes: 10 },
  resnet12: { backbone: getBackbone('resnet12'), size: 32, batch: 64, classes: 64 },
  // Full size, without a peer.
  beit3: { backbone: getBackbone('beit3-base'), size: 224, batch: 4, classes: 100 },
} as const;

const THREADS = 2;
const STEPS = 6;

const [model, what] = process.argv.slice(2) as [keyof typeof MODELS, 'ce' | 'clce' | 'ceilings'];
const { backbone, size, batch, classes } = MODELS[model];
const draw = (_tensor: string, count: number) => normal(count);
const { parameters, statistics } = backbone.initialise(size, draw);
const trained = { ...parameters, ...initialiseLinearHead(backbone.featureSize(size), classes, draw) };
const optimizer = adamW({ schedule: constantRate(1e-3) });
const initial = { ...trained, ...statistics, ...optimizerState(optimizer, trained) };
const definition = findLoss(what === 'ceilings' ? 'ce' : what);
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
const data = {
  images: float32([batch, size, size, 3], normal(batch * size * size * 3)),
  labels: int32(
    [batch],
    Array.from({ length: batch }, (_, row) => (row * 7) % classes),
  ),
};
const signature = {
  state: specsOf(initial),
  inputs: specsOf({ ...data, ...optimizerInputs(optimizer, 0) }),
};
console.log(JSON.stringify(what === 'ceilings' ? await ceilings() : await timeStep()));

async function timeStep(): Promise<object> {
  const engine = onnxEngine({ threads: THREADS });
  const compiled = await engine.compile(step, signature);
  const state = engine.createState(initial);
  let index = 0;
  const { ms } = await timeSteps(
    () => compiled.run(state, { ...data, ...optimizerInputs(optimizer, index++) }),
    STEPS,
  );
  return { model, loss: what, ms, peakMB: peakMegabytes() };
}

async function ceilings(): Promise<object> {
  let productsMs = 0;
  let productsGflop = 0;
  for (const product of matrixProducts(trace(step, signature).nodes)) {
    productsMs += product.count * (await timeAlone(product));
    productsGflop += (product.count * product.flops) / 1e9;
  }
  const side = 1024;
  const square = { shape: [side, side], dtype: 'float32' as const };
  const product = trace(
    ({ inputs: { a, b } }) => ({ outputs: { product: tf.matMul(a as Tensor2D, b as Tensor2D) } }),
    { state: {}, inputs: { a: square, b: square } },
  );
  const [cube] = matrixProducts(product.nodes);
  const machineGflops = cube!.flops / 1e6 / (await timeAlone(cube!));
  return { productsMs, productsGflop, machineGflops };
}

/** Milliseconds. */
async function timeAlone({ bytes, inputs }: MatrixProduct): Promise<number> {
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: THREADS,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const feeds = Object.fromEntries(
    inputs.map((shape, index) => {
      const values = normal(shape.reduce((size, length) => size * length, 1));
      return [String(index), new ort.Tensor('float32', values, [...shape])];
    }),
  );
  const { ms } = await timeSteps(() => session.run(feeds), 5);
  await session.release();
  return ms;
}
