/**
 * One training step (forward, backward, AdamW) in a process of its own, so that its peak memory can be told.
 *
 *     tsx benchmarks/speed/train-step-program.ts vit32|vit224|conv4|resnet12|beit3 ce|clce|ceilings|profile [ENGINE] [STEPS]
 *
 * prints one JSON line, as peers/train_step.py does for the same model, batch and loss; with `ceilings` what the step's
 * matrix products take alone, and what one of 1024³ reaches; with `profile` each operator's milliseconds a step.
 */
import { createEngine, type MatrixProduct, matrixProducts, type Tensor2D, tf, trace } from '@clce/engine';
import * as ort from 'onnxruntime-node';
import { peakMegabytes } from './memory.ts';
import { profile, profileStep } from './profile.ts';
import { type ModelName, trainStepWorkload } from './train-step-workload.ts';
import { normal, timeSteps } from './workload.ts';

const THREADS = 2;

const [model, what, engineName = 'onnx', steps = '6'] = process.argv.slice(2) as [
  ModelName,
  'ce' | 'clce' | 'ceilings' | 'profile',
  string?,
  string?,
];
const workload = trainStepWorkload(model, what === 'clce' ? 'clce' : 'ce');
const run = { ceilings, profile: () => profileStep(workload, { threads: THREADS, steps: Number(steps) }) };
console.log(JSON.stringify(await (what === 'ce' || what === 'clce' ? timeStep() : run[what]())));

async function timeStep(): Promise<object> {
  const engine = await createEngine(engineName, { threads: THREADS });
  const compiled = await engine.compile(workload.step, workload.signature);
  const state = engine.createState(workload.state);
  let index = 0;
  const { ms } = await timeSteps(() => compiled.run(state, workload.inputs(index++)), Number(steps));
  return { model, loss: what, ms, peakMB: peakMegabytes() };
}

async function ceilings(): Promise<object> {
  let productsMs = 0;
  let productsGflop = 0;
  for (const product of matrixProducts(trace(workload.step, workload.signature).nodes)) {
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

/** Milliseconds within the operator, into memory that is there already, as in a step. */
async function timeAlone({ bytes, inputs, output }: MatrixProduct): Promise<number> {
  const tensor = (shape: readonly number[]) =>
    new ort.Tensor('float32', normal(shape.reduce((size, length) => size * length, 1)), [...shape]);
  const feeds = Object.fromEntries(inputs.map((shape, index) => [String(index), tensor(shape)]));
  const operators = await profile(bytes, {
    feeds,
    fetches: { y: tensor(output) },
    threads: THREADS,
    runs: 5,
  });
  return Object.values(operators).reduce((sum, { ms }) => sum + ms, 0);
}
