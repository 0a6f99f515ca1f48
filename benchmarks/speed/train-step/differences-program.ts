/**
 * Measures how far ten training steps on an engine differ from the same steps on the CPU.
 *
 *     tsx benchmarks/speed/train-step/differences-program.ts vit32|vit224|conv4|resnet12 ce|clce ENGINE
 *
 * prints one JSON line with the relative differences at the first and at the last step. Each is the larger of the differences
 * of the loss and of the gradient's norm.
 */
import { getEngine } from '@clce/engine';
import { type ModelName, trainStepWorkload } from './train-step-workload.ts';

export interface Differences {
  readonly first: number;
  readonly last: number;
}

const STEPS = 10;

const [model, loss, name] = process.argv.slice(2) as [ModelName, 'ce' | 'clce', string];
const { step, signature, state: initial, inputs } = trainStepWorkload(model, loss);
const expected = await figuresOn('onnx');
const found = await figuresOn(name);
const off = (at: number) =>
  Math.max(...expected.at(at)!.map((figure, k) => Math.abs(found.at(at)![k]! / figure - 1)));
const differences: Differences = { first: off(0), last: off(-1) };
console.log(JSON.stringify(differences));

/** Loss and gradient norm of each step. */
async function figuresOn(engineName: string): Promise<number[][]> {
  const engine = await getEngine(engineName).start();
  const compiled = await engine.compile(step, signature);
  const state = engine.createState(initial);
  const figures: number[][] = [];
  for (let index = 0; index < STEPS; index++) {
    const outputs = await compiled.run(state, inputs(index));
    figures.push(['loss', 'gradientNorm'].map((output) => outputs[output]!.data[0]!));
  }
  state.dispose();
  await compiled.dispose();
  return figures;
}
