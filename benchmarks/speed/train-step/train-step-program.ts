/**
 * Times training steps (forward, backward, AdamW) in a separate process, so that the peak memory belongs to them alone.
 *
 *     tsx benchmarks/speed/train-step/train-step-program.ts vit32|vit224|conv4|resnet12|beit3 ce|clce|overhead|ceilings|profile [ENGINE] [STEPS]
 *
 * prints one JSON line. With `ce` or `clce` it has the keys of peers/train_step.py for the same model, batch and loss.
 * `overhead` prints the time of a CLCE step divided by that of a CE step, with the two in turn. `ceilings` prints the time of
 * the CE step's matrix products alone, and the speed of a product of 1024³. `profile` prints each operator's milliseconds a
 * step.
 */
import { getEngine, type MatrixProduct, matrixProducts, type Tensor2D, tf, trace } from '@clce/engine';
import * as ort from 'onnxruntime-node';
import { spread } from '../measuring/interleave.ts';
import { peakMegabytes } from '../measuring/memory.ts';
import { normal, timeInTurn, timeSteps } from '../measuring/workload.ts';
import { profile, profileStep } from './profile.ts';
import { type ModelName, trainStepWorkload } from './train-step-workload.ts';

const THREADS = 2;

const [model, what, engineName = 'onnx', steps = '6'] = process.argv.slice(2) as [
  ModelName,
  'ce' | 'clce' | 'overhead' | 'ceilings' | 'profile',
  string?,
  string?,
];
const run = {
  ce: () => timeStep('ce'),
  clce: () => timeStep('clce'),
  overhead,
  ceilings,
  profile: () => profileStep(trainStepWorkload(model, 'ce'), { threads: THREADS, steps: Number(steps) }),
};
console.log(JSON.stringify(await run[what]()));

async function timeStep(loss: 'ce' | 'clce'): Promise<object> {
  const { ms } = await timeSteps(await openStep(loss), Number(steps));
  return { model, loss, ms, peakMB: peakMegabytes() };
}

/** The median ratio over pairs of neighbouring steps. A change of the machine's speed affects both steps of a pair. */
async function overhead(): Promise<object> {
  const rounds = await timeInTurn([await openStep('ce'), await openStep('clce')], Number(steps));
  return { ratio: spread(rounds.map(([ce, clce]) => clce! / ce!)).median };
}

async function openStep(loss: 'ce' | 'clce'): Promise<() => Promise<unknown>> {
  const { step, signature, state: initial, inputs } = trainStepWorkload(model, loss);
  const engine = await getEngine(engineName).start({ threads: THREADS });
  const compiled = await engine.compile(step, signature);
  const state = engine.createState(initial);
  let index = 0;
  return () => compiled.run(state, inputs(index++));
}

async function ceilings(): Promise<object> {
  let productsMs = 0;
  let productsGflop = 0;
  const { step, signature } = trainStepWorkload(model, 'ce');
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

/** Milliseconds of the operator alone. The output is allocated beforehand, as in a step. */
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
