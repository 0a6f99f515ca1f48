/** Classifiers of the transfer protocol on frozen features: nearest neighbours and a linear probe. */
import {
  adamW,
  type Engine,
  float32,
  int32,
  optimizerInputs,
  optimizerState,
  specsOf,
  type Tensor1D,
  type Tensor2D,
  tf,
  trainingStep,
  warmupCosine,
} from '@clce/engine';
import { crossEntropy } from '@clce/losses';
import type { FeatureMatrix } from './features.ts';
import { indexOfLargest, indicesOfLargest, largestOfRows } from './largest.ts';

const NEIGHBOURS = 20;
const TEMPERATURE = 0.07;
const PROBE_RATE = 0.1;
const PROBE_STEPS = 400;
/** Number of queries that are compared at once. */
const TOGETHER = 64;

/** Features of unit length, and the class of each row, 0 … classCount − 1. */
export interface Labelled {
  readonly features: FeatureMatrix;
  readonly labels: Int32Array;
}

/** The k-NN class of each query. The first class wins equal votes, and the first of equally near neighbours is preferred. */
export async function nearestNeighbours(
  { features: reference, labels }: Labelled,
  queries: FeatureMatrix,
  classCount: number,
  engine: Engine,
): Promise<Int32Array> {
  const { dim } = queries;
  const total = queries.values.length / dim;
  const count = labels.length;
  const kept = Math.min(NEIGHBOURS, count);
  const inputs = { reference: float32([count, dim], reference.values), queries: float32([TOGETHER, dim]) };
  const compare = await engine.compile(
    ({ inputs: { reference: rows, queries: some } }) => ({
      outputs: { similarities: tf.matMul(some as Tensor2D, rows as Tensor2D, false, true) },
    }),
    { state: {}, inputs: specsOf(inputs) },
  );
  const state = engine.createState({});
  const classes = new Int32Array(total);
  const votes = new Float64Array(classCount);
  try {
    for (let start = 0; start < total; start += TOGETHER) {
      inputs.queries.data.set(queries.values.subarray(start * dim, (start + TOGETHER) * dim));
      const { similarities } = await compare.run(state, inputs);
      for (let query = start; query < Math.min(total, start + TOGETHER); query++) {
        const place = (query - start) * count;
        const similarity = (similarities!.data as Float32Array).subarray(place, place + count);
        votes.fill(0);
        for (const neighbour of indicesOfLargest(similarity, kept)) {
          votes[labels[neighbour]!]! += Math.exp((similarity[neighbour]! - 1) / TEMPERATURE);
        }
        classes[query] = indexOfLargest(votes, 0, classCount);
      }
    }
    return classes;
  } finally {
    state.dispose();
    await compare.dispose();
  }
}

/**
 * The class of each query from a linear layer, trained on the reference with cross-entropy. Every step uses all samples.
 * AdamW has no weight decay, and the learning rate follows half a cosine from 0.1 to zero over 400 steps. There is no
 * penalty, as in SupCon's linear head.
 */
export async function linearProbe(
  { features: reference, labels }: Labelled,
  queries: FeatureMatrix,
  classCount: number,
  engine: Engine,
): Promise<Int32Array> {
  const { dim } = reference;
  const optimizer = adamW({
    schedule: warmupCosine({ peak: PROBE_RATE, steps: PROBE_STEPS }),
    weightDecay: 0,
  });
  const head = { weight: float32([dim, classCount]), bias: float32([classCount]) };
  const initial = { ...head, ...optimizerState(optimizer, head) };
  const data = {
    features: float32([labels.length, dim], reference.values),
    labels: int32([labels.length], labels),
  };
  const inputsOf = (step: number) => ({ ...data, ...optimizerInputs(optimizer, step) });
  const train = await engine.compile(
    trainingStep({
      parameters: Object.keys(head),
      optimizer,
      loss(state, inputs) {
        const logits = tf.add<Tensor2D>(
          tf.matMul(inputs['features'] as Tensor2D, state['weight'] as Tensor2D),
          state['bias'] as Tensor1D,
        );
        return { loss: crossEntropy(logits, inputs['labels'] as Tensor1D) };
      },
    }),
    { state: specsOf(initial), inputs: specsOf(inputsOf(0)) },
  );
  const state = engine.createState(initial);
  try {
    for (let step = 0; step < PROBE_STEPS; step++) await train.run(state, inputsOf(step));
    const { weight, bias } = await state.read(['weight', 'bias']);
    const logits = new Float64Array((queries.values.length / dim) * classCount);
    for (let row = 0, at = 0; at < logits.length; row++) {
      for (let k = 0; k < classCount; k++, at++) {
        let logit = bias!.data[k]!;
        for (let d = 0; d < dim; d++)
          logit += queries.values[row * dim + d]! * weight!.data[d * classCount + k]!;
        logits[at] = logit;
      }
    }
    return largestOfRows(logits, classCount);
  } finally {
    state.dispose();
    await train.dispose();
  }
}
