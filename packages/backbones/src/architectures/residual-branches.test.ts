/** Masked residual branches (drop path): against the same network with a branch's output taken away. */
import { eagerEngine, float32, type HostTensors, specsOf, type Tensor4D } from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { type Backbone, branchMask } from '../backbone.ts';
import { buildBeit3 } from './beit3.ts';
import { buildVit } from './vit.ts';

const size = { name: 'tiny', description: '', patchSize: 8, width: 8, depth: 2, heads: 2 };
const draw = (tensor: string, count: number) =>
  Float32Array.from({ length: count }, (_, at) => 5 * Math.sin(at * 12.9898 + tensor.length * 78.233));
const images = float32(
  [2, 16, 16, 3],
  Float32Array.from({ length: 2 * 16 * 16 * 3 }, (_, at) => Math.sin(at * 0.7)),
);

/** Names of the linear map that ends each branch, in the order of the scales. */
const CASES: readonly [string, Backbone, readonly string[]][] = [
  [
    'ViT',
    buildVit({ ...size, pooling: 'avg' }),
    ['blocks.0.attn.proj', 'blocks.0.mlp.fc2', 'blocks.1.attn.proj', 'blocks.1.mlp.fc2'],
  ],
  [
    'BEiT-3',
    buildBeit3(size),
    [0, 1].flatMap((layer) => [
      `beit3.encoder.layers.${layer}.self_attn.out_proj.A`,
      `beit3.encoder.layers.${layer}.ffn.A.fc2`,
    ]),
  ],
];

describe.each(CASES)('%s', (_, backbone, ends) => {
  const { parameters } = backbone.initialise(16, draw);

  async function features(weights: HostTensors, scales: readonly number[] = []): Promise<readonly number[]> {
    const engine = eagerEngine();
    // Of two images the second keeps every branch.
    const masks = scales.map(
      (scale, branch) => [branchMask(branch), float32([2, 1, 1], Float32Array.of(scale, 1))] as const,
    );
    const inputs: HostTensors = { images, ...Object.fromEntries(masks) };
    const step = await engine.compile(
      ({ state, inputs: { images: pixels, ...given } }) => {
        const result = backbone.forward(state, pixels as Tensor4D, 'training', given);
        return { outputs: { features: result.features } };
      },
      { state: specsOf(weights), inputs: specsOf(inputs) },
    );
    const { features: found } = await step.run(engine.createState(weights), inputs);
    return Array.from(found!.data);
  }

  function without(end: string): HostTensors {
    const gone = [`${end}.weight`, `${end}.bias`].map((name) => {
      const { shape } = parameters[name]!;
      return [name, float32(shape)] as const;
    });
    return { ...parameters, ...Object.fromEntries(gone) };
  }

  it('counts its residual branches, and masks of one change no output', async () => {
    expect(backbone.residualBranches).toBe(ends.length);
    expect(await features(parameters, [1, 1, 1, 1])).toEqual(await features(parameters));
  });

  it.each([0, 1, 2, 3])('branch %d scaled by zero is gone for that image alone', async (branch) => {
    const scaled = await features(
      parameters,
      ends.map((_, at) => (at === branch ? 0 : 1)),
    );
    const [gone, whole] = [await features(without(ends[branch]!)), await features(parameters)];
    const first = size.width;
    scaled.forEach((value, at) => {
      expect(Math.abs(value - (at < first ? gone : whole)[at]!)).toBeLessThan(1e-5);
    });
    expect(
      Math.max(...gone.slice(0, first).map((value, at) => Math.abs(value - whole[at]!))),
    ).toBeGreaterThan(1e-3);
  });
});
