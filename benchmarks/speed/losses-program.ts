/**
 * Computes value and gradient of one loss with respect to embeddings [n, 128] and logits [n, classes] in a separate process,
 * so that the peak memory belongs to the loss alone.
 *
 *     tsx benchmarks/speed/losses-program.ts ce|ce+supcon|clce BATCH
 *
 * prints one JSON line with the keys of peers/losses.py.
 */
import { float32, int32, onnxEngine, specsOf, tf } from '@clce/engine';
import { getLoss, type LabelledBatch } from '@clce/losses';
import { peakMegabytes } from './measuring/memory.ts';
import { normal, timeSteps } from './measuring/workload.ts';

const DIM = 128;
const REPEATS = 5;

const [loss, size] = process.argv.slice(2) as [string, string];
const batch = Number(size);
const classes = Math.max(10, batch / 8);
const definition = getLoss(loss);
const inputs = {
  embeddings: float32([batch, DIM], normal(batch * DIM)),
  logits: float32([batch, classes], normal(batch * classes)),
  labels: int32(
    [batch],
    Array.from({ length: batch }, (_, row) => (row * 7919) % classes),
  ),
};
/** Inputs that need a gradient, as in the peer: cross-entropy does not depend on the embeddings. */
const wanted = loss === 'ce' ? (['logits'] as const) : (['embeddings', 'logits'] as const);
/** Gradients are written to persistent memory, like PyTorch's gradients and like parameters in training. */
const gradients = Object.fromEntries(wanted.map((name) => [`d ${name}`, float32(inputs[name].shape)]));
const engine = onnxEngine({ threads: 2 });
const step = await engine.compile(
  ({ inputs: given }) => {
    const { value, grads } = tf.valueAndGrads((...tensors) => {
      const batch = { ...given, ...Object.fromEntries(wanted.map((name, k) => [name, tensors[k]!])) };
      return definition.apply(batch as unknown as LabelledBatch).loss;
    })(wanted.map((name) => given[name]!));
    return {
      state: Object.fromEntries(wanted.map((name, k) => [`d ${name}`, grads[k]!])),
      outputs: { loss: value },
    };
  },
  { state: specsOf(gradients), inputs: specsOf(inputs) },
);
const state = engine.createState(gradients);
const { ms } = await timeSteps(() => step.run(state, inputs), REPEATS);
console.log(JSON.stringify({ loss, batch, ms, peakMB: peakMegabytes() }));
