/**
 * A training step over a batch that does not fit: gradient caching (Gao, Zhang, Han and Callan 2021, "Scaling Deep
 * Contrastive Learning Batch Size under Memory Limited Setup", arXiv 2101.06983). Exact also for losses that compare
 * samples with each other, which adding up the losses of small batches is not.
 *
 *  1. Embed: each micro-batch goes forward, without gradients; only its outputs (embeddings, logits) are kept.
 *  2. Loss: its value over the whole batch, and its gradient at those outputs, C.
 *  3. Back: each micro-batch goes forward again, and d Σ C · outputs / d parameters is added up.
 *  4. Update: once, with the sum.
 *
 * Both passes must compute the same outputs. So random masks are inputs, rows of which belong to samples, and batch
 * norm sees a micro-batch in both. Running statistics are updated in the second pass only: once a micro-batch.
 */
import { applyGradients, type UpdateOptions } from './apply-gradients.ts';
import { EngineError } from './errors.ts';
import {
  float32,
  type HostTensor,
  type HostTensors,
  scalar,
  sizeOf,
  specsOf,
  type TensorSpec,
} from './host-tensor.ts';
import type { CompiledStep, Engine, Signature, State, Step, Tensors } from './step.ts';
import { type Scalar, type Tensor, tf } from './tf.ts';
import { type LossResult, valueAndGradients } from './training-step.ts';

export interface ForwardResult {
  /** What the loss reads, [samples, …] each. */
  readonly outputs: Tensors;
  /** State entries that change without a gradient: running statistics. */
  readonly state?: Tensors;
}

export interface GradientCacheOptions extends UpdateOptions {
  /** Samples that go through the model at once, at most. */
  readonly microBatch: number;
  /** Inputs of `forward`, one row a sample: images, masks. The other inputs go to `loss` and to the update. */
  readonly samples: readonly string[];
  /** Pure function of state and a micro-batch's rows of the samples. */
  readonly forward: (state: Tensors, samples: Tensors) => ForwardResult;
  /** Pure function of the whole batch's outputs and the inputs that are no samples. */
  readonly loss: (outputs: Tensors, inputs: Tensors) => Omit<LossResult, 'state'>;
}

/** State entries, zero, that a cached step needs beside those of a plain one: the sums of gradients. */
export function gradientCacheState(parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [sumName(name), float32(shape)]),
  );
}

/**
 * The step made ready. Runs like `trainingStep` compiled for the same signature, with the same outputs; the micro-batch
 * only changes how much memory it needs, and what batch norm sees. Micro-batches differ by one
 * sample at most, where none of that size divides the batch.
 *
 * @param signature of the whole batch; its state holds `gradientCacheState` too
 * @throws EngineError where the micro-batch is no whole number from 1, or samples differ in number
 */
export async function compileGradientCache(
  engine: Engine,
  options: GradientCacheOptions,
  signature: Signature,
): Promise<CompiledStep> {
  const { parameters, forward, loss, samples, microBatch } = options;
  const batch = batchOf(signature, samples);
  if (!Number.isSafeInteger(microBatch) || microBatch < 1) {
    throw new EngineError(`microBatch is a whole number from 1, not ${microBatch}`);
  }
  for (const name of parameters) {
    if (signature.state[sumName(name)] === undefined) {
      throw new EngineError(`the state has no entry '${sumName(name)}': add gradientCacheState to it`);
    }
  }
  const sampleSpecs = pick(signature.inputs, samples);
  const otherNames = Object.keys(signature.inputs).filter((name) => !samples.includes(name));
  const others = pick(signature.inputs, otherNames);

  const embed: Step = ({ state, inputs }) => ({ outputs: forward(state, inputs).outputs });
  const back =
    (outputNames: readonly string[]): Step =>
    ({ state, inputs }) => {
      const { result, gradients } = valueAndGradients(
        (trained) => {
          const { outputs, state: updated } = forward({ ...state, ...trained }, pick(inputs, samples));
          const products = outputNames.map((name) =>
            tf.sum<Scalar>(tf.mul(outputs[name]!, inputs[cotangentName(name)]!)),
          );
          return { loss: tf.addN(products) as Scalar, ...(updated && { state: updated }) };
        },
        pick(state, parameters),
      );
      const sums = parameters.map((name) => {
        const before = tf.mul(state[sumName(name)]!, inputs[KEEP]!);
        return [sumName(name), tf.add(before, gradients[name]!)] as const;
      });
      return { state: { ...result.state, ...Object.fromEntries(sums) }, outputs: {} };
    };
  const value: Step = ({ inputs }) => {
    const names = Object.keys(inputs).filter((name) => name.startsWith(OUTPUT));
    const { result, gradients } = valueAndGradients(
      (outputs) => loss(unprefixed(outputs), pick(inputs, otherNames)),
      pick(inputs, names),
    );
    const cotangents = names.map((name) => [
      cotangentName(name.slice(OUTPUT.length)),
      // No gradient: the loss does not read this output.
      gradients[name] ?? tf.mul(inputs[name]!, 0),
    ]);
    return { outputs: { ...Object.fromEntries(cotangents), loss: result.loss, ...result.metrics } };
  };
  const update: Step = ({ state, inputs }) => {
    const gradients = Object.fromEntries(parameters.map((name) => [name, state[sumName(name)]!]));
    const applied = applyGradients({ ...options, gradients, state, inputs });
    return { state: applied.state, outputs: applied.metrics };
  };

  const compiled: CompiledStep[] = [];
  const compile = async (step: Step, specs: Signature): Promise<CompiledStep> => {
    const made = await engine.compile(step, specs);
    compiled.push(made);
    return made;
  };
  const { state: stateSpecs } = signature;
  const embedders = new Map<number, CompiledStep>();
  const backs = new Map<number, CompiledStep>();
  const parts = split(batch, microBatch);
  for (const size of new Set(parts.map((part) => part.size))) {
    embedders.set(size, await compile(embed, { state: stateSpecs, inputs: withRows(sampleSpecs, size) }));
  }
  const updateStep = await compile(update, { state: stateSpecs, inputs: others });
  // Shapes of the outputs are known once they have been computed.
  let valueStep: CompiledStep | undefined;
  const noState = engine.createState({});

  return {
    async run(state: State, inputs: HostTensors): Promise<HostTensors> {
      for (const name of Object.keys(signature.inputs)) {
        if (inputs[name] === undefined) throw new EngineError(`the step needs an input '${name}'`);
      }
      const given = pick(inputs, otherNames);
      const rowsOf = ({ start, size }: Part) =>
        Object.fromEntries(samples.map((name) => [name, rows(inputs[name]!, start, size)]));

      const outputs: Record<string, HostTensor> = {};
      for (const part of parts) {
        const found = await embedders.get(part.size)!.run(state, rowsOf(part));
        for (const [name, tensor] of Object.entries(found)) {
          if (tensor.shape[0] !== part.size || tensor.dtype !== 'float32') {
            throw new EngineError(
              `forward's output '${name}' is ${tensor.dtype} [${tensor.shape}]: a float32 row a sample is expected`,
            );
          }
          outputs[OUTPUT + name] ??= float32([batch, ...tensor.shape.slice(1)]);
          outputs[OUTPUT + name]!.data.set(tensor.data, part.start * sizeOf(tensor.shape.slice(1)));
        }
      }

      const seen = { ...given, ...outputs };
      valueStep ??= await compile(value, { state: {}, inputs: specsOf(seen), keepsNoMemory: true });
      const results = await valueStep.run(noState, seen);
      const cotangents = pick(
        results,
        Object.keys(outputs).map((name) => cotangentName(name.slice(OUTPUT.length))),
      );
      const report = Object.fromEntries(Object.entries(results).filter(([name]) => !(name in cotangents)));

      for (const part of parts) {
        const rowsOfCotangents = Object.fromEntries(
          Object.entries(cotangents).map(([name, tensor]) => [name, rows(tensor, part.start, part.size)]),
        );
        const fed = { ...rowsOf(part), ...rowsOfCotangents, [KEEP]: scalar(part.start === 0 ? 0 : 1) };
        let step = backs.get(part.size);
        if (step === undefined) {
          const names = Object.keys(outputs).map((name) => name.slice(OUTPUT.length));
          step = await compile(back(names), { state: stateSpecs, inputs: specsOf(fed) });
          backs.set(part.size, step);
        }
        await step.run(state, fed);
      }
      return { ...(await updateStep.run(state, given)), ...report };
    },
    async dispose() {
      for (const step of compiled.splice(0)) await step.dispose();
      noState.dispose();
    },
  };
}

interface Part {
  readonly start: number;
  readonly size: number;
}

/** As few parts as `most` samples a part allow, of sizes that differ by one at most: batch norm never meets a rest. */
function split(batch: number, most: number): Part[] {
  const count = Math.ceil(batch / most);
  const startOf = (part: number) => Math.floor((part * batch) / count);
  return Array.from({ length: count }, (_, k) => ({ start: startOf(k), size: startOf(k + 1) - startOf(k) }));
}

function batchOf({ inputs }: Signature, samples: readonly string[]): number {
  const lengths = samples.map((name) => inputs[name]?.shape[0]);
  const [batch] = lengths;
  const wrong = samples.find((_, index) => lengths[index] === undefined || lengths[index] !== batch);
  if (batch === undefined || wrong !== undefined) {
    throw new EngineError(
      `input '${wrong ?? ''}' has no row for each of ${batch ?? 0} samples: samples are inputs [batch, …], ` +
        'and there is at least one',
    );
  }
  return batch;
}

/** A view of some rows; nothing is copied. */
function rows({ dtype, shape, data }: HostTensor, start: number, size: number): HostTensor {
  const [, ...rest] = shape;
  const length = sizeOf(rest);
  return {
    dtype,
    shape: [size, ...rest],
    data: data.subarray(start * length, (start + size) * length),
  } as HostTensor;
}

function withRows(
  specsOfBatch: Readonly<Record<string, TensorSpec>>,
  size: number,
): Record<string, TensorSpec> {
  return Object.fromEntries(
    Object.entries(specsOfBatch).map(([name, { shape, dtype }]) => [
      name,
      { shape: [size, ...shape.slice(1)], dtype },
    ]),
  );
}

function unprefixed(tensors: Tensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name.slice(OUTPUT.length), tensor]),
  );
}

function pick<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, record[name]!]));
}

const OUTPUT = 'output/';
const KEEP = 'gradient-cache/keep';
const cotangentName = (output: string) => `cotangent/${output}`;
const sumName = (parameter: string) => `gradient-cache/${parameter}`;
