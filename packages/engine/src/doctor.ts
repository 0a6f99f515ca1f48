/** Finds the engines that start on this machine and checks their gradients. */
import { firstLineOf } from './errors.ts';
import { float32, type HostTensor, specsOf } from './host-tensor.ts';
import { eagerEngine } from './runtime/eager-engine.ts';
import { engineNames, getEngine } from './runtime/registry.ts';
import type { Engine } from './step.ts';
import { type Tensor2D, type Tensor4D, tf } from './tf.ts';
import { valueAndGradients } from './training-step.ts';

export interface Diagnosis {
  readonly engine: string;
  /** Why the engine does not work here; undefined where it works. */
  readonly fault: string | undefined;
  /** Largest difference between a gradient and TensorFlow.js's gradient, divided by the latter's largest entry. */
  readonly gradientError: number | undefined;
}

/** A larger error means a wrong gradient, not a rounded one. */
const TOLERANCE = 1e-4;

const wave = (shape: readonly number[], phase: number): HostTensor =>
  float32(
    shape,
    Array.from({ length: shape.reduce((product, side) => product * side, 1) }, (_, k) =>
      Math.sin(phase + 1.7 * k),
    ),
  );
const state = { filter: wave([3, 3, 3, 4], 0), weight: wave([4, 5], 1) };
const inputs = { images: wave([4, 8, 8, 3], 2) };

/** Tries the given engines, by default all, with a convolution, a matrix product and a softmax. */
export async function diagnose(
  engines: readonly string[] = engineNames.filter((name) => name !== 'auto'),
): Promise<Diagnosis[]> {
  const expected = await gradients(eagerEngine());
  const diagnoses: Diagnosis[] = [];
  for (const engine of engines) {
    try {
      const found = await gradients(await getEngine(engine).start());
      const gradientError = Math.max(
        ...Object.keys(expected).map((name) => worst(found[name]!, expected[name]!)),
      );
      const right = gradientError < TOLERANCE;
      diagnoses.push({ engine, fault: right ? undefined : 'its gradients are wrong', gradientError });
    } catch (error) {
      const fault = firstLineOf(error);
      diagnoses.push({ engine, fault, gradientError: undefined });
    }
  }
  return diagnoses;
}

async function gradients(engine: Engine): Promise<Readonly<Record<string, HostTensor>>> {
  const step = await engine.compile(
    (given) => {
      const { gradients: found } = valueAndGradients(({ filter, weight }) => {
        const maps = tf.relu(tf.conv2d(given.inputs['images'] as Tensor4D, filter as Tensor4D, 2, 'same'));
        const logits = tf.matMul(tf.mean<Tensor2D>(maps, [1, 2]), weight as Tensor2D);
        return { loss: tf.neg(tf.mean(tf.logSoftmax(logits).slice([0, 0], [4, 1]))) };
      }, given.state);
      return { outputs: found };
    },
    { state: specsOf(state), inputs: specsOf(inputs) },
  );
  const held = engine.createState(state);
  try {
    return await step.run(held, inputs);
  } finally {
    held.dispose();
    await step.dispose();
  }
}

function worst(found: HostTensor, expected: HostTensor): number {
  let [difference, largest] = [0, 0];
  for (const [at, value] of expected.data.entries()) {
    difference = Math.max(difference, Math.abs(value - found.data[at]!));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}
