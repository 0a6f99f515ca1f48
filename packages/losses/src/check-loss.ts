import {
  type Engine,
  eagerEngine,
  float32,
  type HostTensors,
  int32,
  type Step,
  specsOf,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tf,
  tracingEngine,
} from '@clce/engine';
import type { LossParts } from './blend.ts';
import type { LossDefinition, PlainBatch } from './loss-definition.ts';
import { LossError } from './loss-error.ts';

/** Largest differences between a loss and its float64 loop, relative to 1 + the loop's value and to its largest gradient. */
export interface LossCheck {
  readonly batches: number;
  /** Absent if the loss has no `reference`. */
  readonly differences?: { readonly value: number; readonly gradient: number };
}

/** Accepted relative difference of float32 and float64, on eight samples. */
const TOLERANCE = 1e-3;

/**
 * Checks a loss with its default parameters on small batches. It must give scalars, with finite values and finite gradients at
 * logits and embeddings, in a step that can be traced into a graph. If it has a float64 loop, values and gradients must agree.
 *
 * @throws LossError that names the mistake and the batch; errors of `evaluate` and `reference` pass through
 */
export async function checkLoss(loss: LossDefinition): Promise<LossCheck> {
  const batches = batchesFor(loss);
  const { batch: first } = batches[0]!;
  await tracingEngine(() => {}).compile(stepOf(loss), { state: {}, inputs: specsOf(inputsOf(first)) });
  const differences = { value: 0, gradient: 0 };
  for (const { name, batch, smooth } of batches) {
    const result = await evaluateOn(eagerEngine(), loss, batch);
    for (const [what, values] of Object.entries(result)) requireFinite(what, values, name);
    if (loss.reference === undefined) continue;
    const value = loss.reference(batch, loss.defaults, batch);
    const apart = Math.abs(result.loss[0]! - value) / (1 + Math.abs(value));
    if (!(apart <= TOLERANCE)) {
      throw new LossError(
        'reference',
        `${name}: evaluate gives ${result.loss[0]!.toPrecision(6)}, reference ${value.toPrecision(6)}`,
      );
    }
    differences.value = Math.max(differences.value, apart);
    if (smooth)
      differences.gradient = Math.max(differences.gradient, gradientApart(loss, name, batch, result));
  }
  return { batches: batches.length, ...(loss.reference && { differences }) };
}

interface Trial {
  readonly name: string;
  readonly batch: PlainBatch;
  /** Whether losses have a derivative at this batch. Gradients are compared only then. */
  readonly smooth: boolean;
}

/** Number of rows of each batch, all views together. */
const ROWS = 8;

/** Batches of three classes in four dimensions: ordinary ones, and the degenerate ones that training can meet. */
function batchesFor({ views }: LossDefinition): Trial[] {
  const samples = ROWS / views;
  const labels = (of: (sample: number) => number) =>
    Array.from({ length: ROWS }, (_, row) => of(row % samples));
  const logits = drawn(3, 1);
  const embeddings = drawn(4, 2);
  const mixed = labels((sample) => sample % 3);
  const batch = { logits, embeddings, labels: mixed };
  const like = (rows: number[][]) => ({ ...batch, embeddings: rows });
  return [
    { name: 'a batch of three classes', batch, smooth: true },
    { name: 'another one', batch: { ...like(drawn(4, 3)), logits: drawn(3, 4) }, smooth: true },
    { name: 'a batch of one class', batch: { ...batch, labels: labels(() => 1) }, smooth: true },
    {
      name: 'a batch in which two samples share a class',
      batch: { ...batch, labels: labels((sample) => Math.min(sample, 2)).with(1, 0) },
      smooth: true,
    },
    {
      name: 'a batch with an embedding of zeros',
      batch: like(embeddings.with(0, [0, 0, 0, 0])),
      smooth: false,
    },
    { name: 'a batch of equal embeddings', batch: like(embeddings.map(() => embeddings[0]!)), smooth: false },
    {
      name: 'a batch of embeddings of length 1000',
      batch: like(embeddings.map((row) => row.map((x) => 1000 * x))),
      smooth: false,
    },
  ];
}

/** [ROWS][columns], between -1 and 1: sines of multiples of the golden angle, which look random. */
function drawn(columns: number, seed: number): number[][] {
  const at = (index: number) => Math.fround(Math.sin(2.39996323 * (index + 100 * seed) + index * index));
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: columns }, (_, column) => at(row * columns + column)),
  );
}

function inputsOf({ logits, embeddings, labels }: PlainBatch): HostTensors {
  return {
    logits: float32([logits.length, logits[0]!.length], logits.flat()),
    embeddings: float32([embeddings.length, embeddings[0]!.length], embeddings.flat()),
    labels: int32([labels.length], labels),
  };
}

function stepOf(loss: LossDefinition): Step {
  return ({ inputs: { logits, embeddings, labels } }) => {
    const evaluate = (x: Tensor, z: Tensor): LossParts => {
      const batch = { logits: x as Tensor2D, embeddings: z as Tensor2D, labels: labels as Tensor1D };
      return requireScalars(loss.evaluate(batch, loss.defaults));
    };
    const [atLogits, atEmbeddings] = tf.grads((x, z) => evaluate(x, z).loss)([logits!, embeddings!]);
    return { outputs: { ...evaluate(logits!, embeddings!), logits: atLogits!, embeddings: atEmbeddings! } };
  };
}

function requireScalars(parts: LossParts): LossParts {
  for (const name of ['loss', 'crossEntropy', 'contrastive'] as const) {
    const part: unknown = (parts as Partial<LossParts> | undefined)?.[name];
    if (part instanceof tf.Tensor && part.rank === 0) continue;
    const got = part instanceof tf.Tensor ? `a tensor of shape [${part.shape}]` : String(part);
    throw new LossError(
      name,
      `evaluate must give scalars { loss, crossEntropy, contrastive }; its ${name} is ${got}`,
    );
  }
  const { loss, crossEntropy, contrastive } = parts;
  return { loss, crossEntropy, contrastive };
}

/** Values by output, row-major. */
type Evaluated = Readonly<
  Record<'loss' | 'crossEntropy' | 'contrastive' | 'logits' | 'embeddings', readonly number[]>
>;

async function evaluateOn(engine: Engine, loss: LossDefinition, batch: PlainBatch): Promise<Evaluated> {
  const inputs = inputsOf(batch);
  const compiled = await engine.compile(stepOf(loss), { state: {}, inputs: specsOf(inputs) });
  const outputs = await compiled.run(engine.createState({}), inputs);
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]])) as never;
}

function requireFinite(what: string, values: readonly number[], batch: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const isGradient = what === 'logits' || what === 'embeddings';
  const columns = values.length / ROWS;
  const place = isGradient ? `the gradient at ${what}[${Math.floor(at / columns)}][${at % columns}]` : what;
  throw new LossError(what, `${batch}: ${place} is ${values[at]}, expected a finite number`);
}

/** Largest difference between the tensors' gradient and finite differences of the float64 loop, relative to the largest entry. */
function gradientApart(loss: LossDefinition, name: string, batch: PlainBatch, result: Evaluated): number {
  let largest = 0;
  for (const input of ['logits', 'embeddings'] as const) {
    const exact = differencesOf(loss, batch, input);
    const scale = Math.max(...exact.map(Math.abs), 1e-3);
    for (const [at, value] of result[input].entries()) {
      const apart = Math.abs(value - exact[at]!) / scale;
      if (!(apart <= TOLERANCE)) {
        const columns = batch[input][0]!.length;
        const place = `${input}[${Math.floor(at / columns)}][${at % columns}]`;
        throw new LossError(
          'reference',
          `${name}: the gradient at ${place} is ${value.toPrecision(6)}, by finite differences of reference ${exact[at]!.toPrecision(6)}`,
        );
      }
      largest = Math.max(largest, apart);
    }
  }
  return largest;
}

/** Central differences of `reference`. Their error is about STEP², plus rounding of 1e-16 / STEP. */
function differencesOf(loss: LossDefinition, batch: PlainBatch, input: 'logits' | 'embeddings'): number[] {
  const STEP = 1e-5;
  return batch[input].flatMap((row, i) =>
    row.map((x, j) => {
      const valueAt = (moved: number) => {
        const rows = batch[input].with(i, row.with(j, moved));
        return loss.reference!({ ...batch, [input]: rows }, loss.defaults, batch);
      };
      return (valueAt(x + STEP) - valueAt(x - STEP)) / (2 * STEP);
    }),
  );
}
