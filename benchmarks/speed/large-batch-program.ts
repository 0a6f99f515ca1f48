/**
 * Runs steps of ViT 192×6 at 65 tokens with CLCE in a separate process, so that the peak memory belongs to them alone.
 *
 *     tsx benchmarks/speed/large-batch-program.ts BATCH MICRO-BATCH
 *
 * prints one JSON line: milliseconds an image, peak megabytes. A micro-batch of the batch's size means a plain step.
 */
import { initialiseLinearHead, linearHead } from '@clce/backbones';
import {
  adamW,
  compileGradientCache,
  constantRate,
  float32,
  gradientCacheState,
  int32,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  specsOf,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Tensors,
  trainingStep,
} from '@clce/engine';
import { getLoss } from '@clce/losses';
import { peakMegabytes } from './measuring/memory.ts';
import { vit32 } from './measuring/vit32.ts';
import { normal } from './measuring/workload.ts';

const SIZE = 32;
const CLASSES = 100;
const STEPS = 3;
const [batch, microBatch] = process.argv.slice(2).map(Number) as [number, number];

const draw = (_tensor: string, count: number) => normal(count);
const { parameters } = vit32.initialise(SIZE, draw);
const trained = { ...parameters, ...initialiseLinearHead(vit32.featureSize(SIZE), CLASSES, draw) };
const optimizer = adamW({ schedule: constantRate(1e-3) });
const cached = microBatch < batch;
const initial = {
  ...trained,
  ...optimizerState(optimizer, trained),
  ...(cached && gradientCacheState(trained)),
};
const data = {
  images: float32([batch, SIZE, SIZE, 3], normal(batch * SIZE * SIZE * 3)),
  labels: int32(
    [batch],
    Array.from({ length: batch }, (_, row) => (row * 7) % CLASSES),
  ),
};
const signature = { state: specsOf(initial), inputs: specsOf({ ...data, ...optimizerInputs(optimizer, 0) }) };
const update = { parameters: Object.keys(trained), optimizer };
const forward = (weights: Tensors, { images }: Tensors) => {
  const { features } = vit32.forward(weights, images as Tensor4D, 'training');
  return { embeddings: features, logits: linearHead(weights, features) };
};
const lossOf = ({ embeddings, logits }: Tensors, { labels }: Tensors) => {
  const { loss } = getLoss('clce').apply({
    embeddings: embeddings as Tensor2D,
    logits: logits as Tensor2D,
    labels: labels as Tensor1D,
  });
  return { loss };
};

const engine = onnxEngine({ threads: 2 });
const step = cached
  ? await compileGradientCache(
      engine,
      {
        ...update,
        microBatch,
        samples: ['images'],
        forward: (weights, samples) => ({ outputs: forward(weights, samples) }),
        loss: lossOf,
      },
      signature,
    )
  : await engine.compile(
      trainingStep({ ...update, loss: (weights, inputs) => lossOf(forward(weights, inputs), inputs) }),
      signature,
    );
const state = engine.createState(initial);
const times: number[] = [];
for (let index = 0; index <= STEPS; index++) {
  const start = performance.now();
  await step.run(state, { ...data, ...optimizerInputs(optimizer, index) });
  // The first step is not timed, because it also compiles and allocates.
  if (index > 0) times.push(performance.now() - start);
}
const ms = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]! / batch;
console.log(JSON.stringify({ ms, peakMB: peakMegabytes() }));
