/**
 * A training step over a batch that does not fit into memory: gradient caching (Gao, Zhang, Han and Callan 2021, "Scaling
 * Deep Contrastive Learning Batch Size under Memory Limited Setup", arXiv 2101.06983). It is also exact for losses that
 * compare samples with each other. Summing the losses of small batches is not.
 *
 *  1. Embed: a forward pass of each micro-batch, without gradients, keeps only the outputs (embeddings, logits).
 *  2. Loss: the loss of the whole batch, and its gradient C with respect to the outputs.
 *  3. Back: a second forward pass of each micro-batch; the gradients d Σ C · outputs / d parameters are summed.
 *  4. Update: one optimiser update with the sum.
 *
 * Both passes must compute the same outputs. So random masks are inputs with one row per sample, and batch norm sees a
 * micro-batch in both passes. Only the second pass updates running statistics, once per micro-batch.
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
  /** The tensors that the loss reads, each [samples, …]. */
  readonly outputs: Tensors;
  /** State entries that change without a gradient: running statistics. */
  readonly state?: Tensors;
}

export interface GradientCacheOptions extends UpdateOptions {
  /** Most samples in one forward pass. */
  readonly microBatch: number;
  /** Inputs of `forward`, one row per sample: images, masks. The other inputs go to `loss` and to the update. */
  readonly samples: readonly string[];
  /** Pure function of the state and a micro-batch's rows of `samples`. */
  readonly forward: (state: Tensors, samples: Tensors) => ForwardResult;
  /** Pure function of the whole batch's outputs and the inputs that are not in `samples`. */
  readonly loss: (outputs: Tensors, inputs: Tensors) => Omit<LossResult, 'state'>;
}

/** The additional state of a cached step, all zero: the sums of gradients. */
export function gradientCacheState(parameters: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [sumName(name), float32(shape)]),
  );
}

/**
 * Compiles the step. It runs like `trainingStep` compiled for the same signature and has the same outputs. The size of
 * the micro-batch only changes the memory, and the samples that batch norm sees. The sizes of two micro-batches differ
 * by at most one sample.
 *
 * @param signature of the whole batch; its state also holds `gradientCacheState`
 * @throws EngineError where the micro-batch is no whole number from 1, or the samples differ in their number of rows
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its four steps and their run share the names, the specs and the compiled steps.
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
      // An output that the loss does not read has no gradient.
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
  // The value step is compiled in the first run: the shapes of the outputs are known only then.
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
              `forward's output '${name}' is ${tensor.dtype} [${tensor.shape}]: expected float32 with one row per sample`,
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

/** The fewest parts of at most `most` samples. Their sizes differ by at most one, so batch norm sees no small rest. */
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
      `input '${wrong ?? ''}' does not have one row for each of ${batch ?? 0} samples: samples are inputs [batch, …], ` +
        'and there is at least one',
    );
  }
  return batch;
}

/** A view of some rows, without a copy. */
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
