/** Compares feature extraction with frozen backbones at 224 pixels with peers/features.py, in images a second. */
import { getBackbone } from '@clce/backbones';
import { compileForward, float32, onnxEngine, specsOf, type Tensor4D } from '@clce/engine';
import { interleave, show } from './measuring/interleave.ts';
import { peerMissing, runPeerForRate } from './measuring/peer.ts';
import { normal, timeSteps } from './measuring/workload.ts';

const BATCH = 8;
const SIZE = 224;
const REPEATS = 5;

/** Names of our backbones, by the peer's names. */
const MODELS = { 'vit-s16': 'vit-small', resnet50: 'resnet50' } as const;

export async function benchFeatures({ rounds }: { readonly rounds: number }): Promise<void> {
  const missing = await peerMissing('torchvision.models');
  if (missing !== undefined) console.log(`peer skipped: ${missing}`);
  console.log(
    'images a second, batch of 8\nmodel      ours                     peer                     ours / peer',
  );
  for (const [peerName, name] of Object.entries(MODELS)) {
    const { run, dispose } = await prepare(name);
    const { ours, peer, ratio } = await interleave(
      rounds,
      () => timeSteps(run, REPEATS),
      missing === undefined
        ? async () => ({ ms: (1000 * BATCH) / (await runPeerForRate('features', [peerName, String(BATCH)])) })
        : undefined,
    );
    await dispose();
    const rate = ({ median, min, max }: typeof ours) =>
      show({ median: (1000 * BATCH) / median, min: (1000 * BATCH) / max, max: (1000 * BATCH) / min });
    const columns = [rate(ours), peer ? rate(peer) : '–', ratio ? show(ratio, 2) : '–'];
    console.log(`${peerName.padEnd(9)}  ${columns.map((text) => text.padEnd(23)).join('  ')}`);
  }
}

async function prepare(name: string): Promise<{ run: () => Promise<unknown>; dispose: () => Promise<void> }> {
  const backbone = getBackbone(name);
  const { parameters, statistics } = backbone.initialise(SIZE, (_tensor, count) => normal(count));
  const images = float32([BATCH, SIZE, SIZE, 3], normal(BATCH * SIZE * SIZE * 3));
  const compiled = await compileForward(
    onnxEngine({ threads: 2 }),
    (weights, inputs) => ({
      features: backbone.forward(weights, inputs['images'] as Tensor4D, 'evaluation').features,
    }),
    { ...parameters, ...statistics },
    specsOf({ images }),
  );
  return { run: () => compiled.run({ images }), dispose: () => compiled.dispose() };
}
