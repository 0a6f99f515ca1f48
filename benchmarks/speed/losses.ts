/** The losses alone: value and gradient with respect to embeddings [n, 128] and logits, beside peers/losses.py. */
import {
  type CompiledStep,
  float32,
  type HostTensors,
  int32,
  onnxEngine,
  type Tensor1D,
  type Tensor2D,
  tf,
} from '@clce/engine';
import { findLoss } from '@clce/losses';
import { interleave, show } from './interleave.ts';
import { peerMissing, runPeer } from './peer.ts';
import { normal, timeSteps } from './workload.ts';

const DIM = 128;
const LOSSES = { 'cross-entropy': 'ce', supcon: 'ce+supcon', clce: 'clce' } as const;

export async function benchLosses({ rounds }: { readonly rounds: number }): Promise<void> {
  const missing = await peerMissing();
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  console.log('loss            batch  ours, ms (min … max)       peer, ms (min … max)       peer / ours');
  for (const batch of [64, 1024, 4096]) {
    for (const [peerName, name] of Object.entries(LOSSES)) {
      const { run, dispose } = await prepare(name, batch);
      const result = await interleave(
        rounds,
        () => timeSteps(run, 5),
        missing === undefined ? () => runPeer('losses', [peerName, String(batch)]) : undefined,
      );
      await dispose();
      const { ours, peer, ratio } = result;
      const columns = [show(ours, 2), peer ? show(peer, 2) : '–', ratio ? show(ratio, 2) : '–'];
      console.log(
        `${name.padEnd(14)} ${String(batch).padStart(6)}  ${columns.map((text) => text.padEnd(25)).join('  ')}`,
      );
    }
  }
}

async function prepare(
  name: string,
  batch: number,
): Promise<{ run: () => Promise<unknown>; dispose: () => Promise<void> }> {
  const classes = Math.max(10, batch / 8);
  const definition = findLoss(name);
  const engine = onnxEngine({ threads: 2 });
  const inputs: HostTensors = {
    embeddings: float32([batch, DIM], normal(batch * DIM)),
    logits: float32([batch, classes], normal(batch * classes)),
    labels: int32(
      [batch],
      Array.from({ length: batch }, (_, row) => (row * 7919) % classes),
    ),
  };
  const compiled: CompiledStep = await engine.compile(
    ({ inputs: { embeddings, logits, labels } }) => {
      const { value, grads } = tf.valueAndGrads(
        (z, l) =>
          definition.apply({ embeddings: z as Tensor2D, logits: l as Tensor2D, labels: labels as Tensor1D })
            .loss,
      )([embeddings!, logits!]);
      return { outputs: { loss: value, embeddings: grads[0]!, logits: grads[1]! } };
    },
    { state: {}, inputs },
  );
  const state = engine.createState({});
  return { run: () => compiled.run(state, inputs), dispose: () => compiled.dispose() };
}
