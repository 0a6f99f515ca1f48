/** Every loss has the gradients of the whole batch when the batch passes the model in parts. */
import {
  compileGradientCache,
  constantRate,
  eagerEngine,
  float32,
  gradientCacheState,
  type HostTensors,
  int32,
  onnxEngine,
  optimizerInputs,
  sgd,
  specsOf,
  type Tensor1D,
  type Tensor2D,
  type Tensors,
  tf,
  trainingStep,
} from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { evaluateInGroups } from '../groups.ts';
import { getLoss, lossNames } from '../registry.ts';

const BATCH = 24;
const CLASSES = 5;
const wave = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, k) => Math.sin(1.7 * k + phase));
const parameters: HostTensors = {
  'hidden.weight': float32([7, 16], wave(112, 0)),
  'head.weight': float32([16, CLASSES], wave(80, 1)),
};
// Plain gradient descent at rate 1: a step subtracts the gradient from the parameters.
const optimizer = sgd({ schedule: constantRate(1), momentum: 0 });
const names = Object.keys(parameters);
const batch: HostTensors = {
  x: float32([BATCH, 7], wave(BATCH * 7, 2)),
  labels: int32(
    [BATCH],
    Array.from({ length: BATCH }, (_, row) => row % CLASSES),
  ),
  ...optimizerInputs(optimizer, 0),
};

function forward(state: Tensors, { x }: Tensors) {
  const embeddings = tf.tanh(tf.matMul(x as Tensor2D, state['hidden.weight'] as Tensor2D));
  return { embeddings, logits: tf.matMul(embeddings, state['head.weight'] as Tensor2D) };
}

const slots = Object.fromEntries(
  names.map((name) => [`optimizer/momentum/${name}`, float32(parameters[name]!.shape)]),
);

describe.each(lossNames.flatMap((name) => [1, 4].map((groups) => [name, groups] as const)))(
  '%s in %i contrastive groups',
  (name, groups) => {
    const definition = getLoss(name);
    const loss = ({ embeddings, logits }: Tensors, { labels }: Tensors) => {
      const given = {
        embeddings: embeddings as Tensor2D,
        logits: logits as Tensor2D,
        labels: labels as Tensor1D,
      };
      return { loss: evaluateInGroups(definition, given, definition.defaults, groups).loss };
    };

    it.each([eagerEngine(), onnxEngine({ threads: 1 })])(
      'in micro-batches, on the $name engine',
      async (engine) => {
        const plain = trainingStep({
          parameters: names,
          optimizer,
          loss: (state, inputs) => loss(forward(state, inputs), inputs),
        });
        const initial = { ...parameters, ...slots };
        const signature = { state: specsOf(initial), inputs: specsOf(batch) };
        const wholeStep = await engine.compile(plain, signature);
        const whole = engine.createState(initial);
        const { loss: expected } = await wholeStep.run(whole, batch);

        const roomier = { ...initial, ...gradientCacheState(parameters) };
        const cachedStep = await compileGradientCache(
          engine,
          {
            parameters: names,
            optimizer,
            microBatch: 7,
            samples: ['x'],
            loss,
            forward: (state, samples) => ({ outputs: forward(state, samples) }),
          },
          { ...signature, state: specsOf(roomier) },
        );
        const cached = engine.createState(roomier);
        const { loss: actual } = await cachedStep.run(cached, batch);

        expect(Math.abs(actual!.data[0]! / expected!.data[0]! - 1)).toBeLessThan(1e-5);
        const [wanted, got] = [await whole.read(names), await cached.read(names)];
        // One step of plain descent at a rate of 1 moves a parameter by its gradient. The largest of
        // all gradients is the scale: SupCon alone gives the linear head none.
        const moved = (after: HostTensors) =>
          names.flatMap((parameter) =>
            Array.from(after[parameter]!.data, (value, k) => parameters[parameter]!.data[k]! - value),
          );
        const gradient = moved(wanted);
        const largest = Math.max(...gradient.map(Math.abs));
        expect(largest).toBeGreaterThan(1e-3);
        const errors = moved(got).map((value, k) => Math.abs(value - gradient[k]!));
        expect(Math.max(...errors) / largest).toBeLessThan(1e-5);
        for (const held of [whole, cached]) held.dispose();
        for (const step of [wholeStep, cachedStep]) await step.dispose();
      },
    );
  },
);
