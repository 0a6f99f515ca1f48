import { describe, expect, it } from 'vitest';
import { applyGradients } from './apply-gradients.ts';
import { float32, type HostTensors, specsOf } from './host-tensor.ts';
import {
  adamW,
  constantRate,
  type Engine,
  eagerEngine,
  layerDecay,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  sgd,
  tf,
  trainingStep,
} from './index.ts';
import { timmDecays } from './optim/decay-rule.ts';
import type { TrainingStepOptions } from './training-step.ts';

const A = [0.5, -1, 2];
const B = [1, 2, 3];
const GRADIENTS = [
  [0.1, -0.2, 0.3],
  [-0.4, 0.5, 0],
  [0.25, 0.25, -1],
];
const parameters: HostTensors = { 'blocks.0.bias': float32([3], A), 'head.weight': float32([1, 3], B) };

/** Three steps of the loss a · g + 2 b · g, whose gradients are g and 2 g. */
async function threeSteps(
  engine: Engine,
  options: Omit<TrainingStepOptions, 'loss'>,
): Promise<{ state: HostTensors; norms: number[] }> {
  const trained = Object.fromEntries(options.parameters.map((name) => [name, parameters[name]!]));
  const initial = {
    ...parameters,
    ...optimizerState(options.optimizer, trained),
  };
  const step = trainingStep({
    ...options,
    loss: (state, { g }) => ({
      loss: tf.add(
        tf.sum(tf.mul(state['blocks.0.bias']!, g!)),
        tf.sum(tf.mul(tf.mul(state['head.weight']!, g!), 2)),
      ),
    }),
  });
  const batch = (k: number): HostTensors => ({
    g: float32([3], GRADIENTS[k]!),
    ...optimizerInputs(options.optimizer, k),
  });
  const compiled = await engine.compile(step, { state: specsOf(initial), inputs: specsOf(batch(0)) });
  const state = engine.createState(initial);
  const norms: number[] = [];
  for (let k = 0; k < GRADIENTS.length; k++) {
    norms.push((await compiled.run(state, batch(k)))['gradientNorm']!.data[0]!);
  }
  const read = await state.read();
  state.dispose();
  await compiled.dispose();
  return { state: read, norms };
}

const layering = { depth: 1, layerOf: (name: string) => (name.startsWith('blocks.') ? 1 : 2) };
const schedule = constantRate(0.1);

// Oracle (PyTorch 1.13, float64): parameter groups a: lr 0.05, weight_decay 0 (a bias, one layer below the head, layer
// decay 0.5) and b: lr 0.1, weight_decay 0.05; then for g in GRADIENTS:
//   a.grad = g; b.grad = 2 * g[None]; [norms.append(clip_grad_norm_([a, b], 0.4));] optimizer.step()
// with torch.optim.AdamW(groups) or torch.optim.SGD(groups, momentum=0.9).
const CASES = [
  {
    name: 'AdamW',
    optimizer: adamW({ schedule, weightDecay: 0.05 }),
    a: [0.479896937, -1.001067542, 1.939658374],
    b: [0.945586494, 1.967238275, 2.8358739],
  },
  {
    name: 'SGD',
    optimizer: sgd({ schedule, weightDecay: 0.05 }),
    a: [0.51195, -1.0329, 2.00935],
    b: [1.019849375, 1.81228075, 2.954748125],
  },
  {
    name: 'AdamW, clipped',
    clipNorm: 0.4,
    optimizer: adamW({ schedule, weightDecay: 0.05 }),
    a: [0.475927596, -0.978357042, 1.924071368],
    b: [0.937717181, 2.012556063, 2.804699885],
  },
  {
    name: 'SGD, clipped',
    clipNorm: 0.4,
    optimizer: sgd({ schedule, weightDecay: 0.05 }),
    a: [0.502029818, -1.002422088, 1.988998343],
    b: [0.980258832, 1.934228213, 2.872747303],
  },
] as const;

describe.each([eagerEngine(), onnxEngine({ threads: 1 })])('on the $name engine', (engine) => {
  it.each(CASES)('layer decay, decay rule and clipping of $name equal PyTorch’s', async (expected) => {
    const { state, norms } = await threeSteps(engine, {
      parameters: Object.keys(parameters),
      optimizer: expected.optimizer,
      rateScale: layerDecay(layering, 0.5),
      ...('clipNorm' in expected && { clipNorm: expected.clipNorm }),
    });
    expectClose(state['blocks.0.bias'], expected.a);
    expectClose(state['head.weight'], expected.b);
    // The norm that is reported is the one before clipping.
    for (const [k, norm] of [0.836660027, 1.431782106, 2.371708245].entries())
      expect(norms[k]).toBeCloseTo(norm, 5);
  });

  it('a frozen parameter keeps its bytes, has no slots and adds nothing to the norm', async () => {
    const options = { parameters: ['head.weight'], optimizer: adamW({ schedule }) };
    const { state, norms } = await threeSteps(engine, options);
    expect(state['blocks.0.bias']!.data).toEqual(Float32Array.from(A));
    expect(Object.keys(state).filter((name) => name.startsWith('optimizer/'))).toEqual([
      'optimizer/m/head.weight',
      'optimizer/v/head.weight',
    ]);
    expect(norms[0]).toBeCloseTo(2 * Math.hypot(0.1, 0.2, 0.3), 6);
  });

  it('gradients below the limit are not lengthened', async () => {
    const options = { parameters: Object.keys(parameters), optimizer: sgd({ schedule }) };
    const free = await threeSteps(engine, options);
    const limited = await threeSteps(engine, { ...options, clipNorm: 100 });
    expect(limited.state).toEqual(free.state);
  });
});

describe('weight decay by default', () => {
  it.each([
    ['blocks.0.attn.qkv.weight', 2, true],
    ['patch_embed.proj.weight', 4, true],
    ['blocks.0.norm1.weight', 1, false],
    ['head.bias', 1, false],
    ['pos_embed', 3, false],
    ['beit3.encoder.embed_positions.A.weight', 2, false],
    ['visual.cls_token', 3, false],
  ] as const)('%s (%i axes): %s', (name, rank, decays) => {
    expect(timmDecays(name, { rank })).toBe(decays);
  });
});

describe('layers', () => {
  // BEiT's `LayerDecayValueAssigner`: 0.65 ** (13 - layer) for a model of 12 blocks.
  const twelve = {
    depth: 12,
    layerOf: (name: string) => (name === 'pos_embed' ? 0 : name === 'head' ? 13 : Number(name) + 1),
  };

  it('scale the learning rate as BEiT does', () => {
    const scale = layerDecay(twelve, 0.65);
    expect([scale('pos_embed'), scale('11'), scale('head')]).toEqual([
      expect.closeTo(0.65 ** 13, 15),
      0.65,
      1,
    ]);
  });
});

describe('a mistake is one line that says what to do', () => {
  const one = { parameters: ['w'], optimizer: sgd({ schedule }), gradients: { w: tf.scalar(1) }, inputs: {} };
  const state = { w: tf.scalar(1), 'optimizer/momentum/w': tf.scalar(0) };
  const inputs = { 'optimizer/rate': tf.scalar(0.1) };

  it.each([
    [() => layerDecay(layering, 0), /at most 1, not 0/],
    [() => layerDecay({ depth: 1, layerOf: () => 3 }, 0.5)('w'), /'w' is in layer 3; layers are 0 to 2/],
    [() => applyGradients({ ...one, state, inputs, clipNorm: 0 }), /clipNorm is a number above 0, not 0/],
  ])('%#', (mistake, message) => {
    expect(mistake).toThrow(message);
  });
});

function expectClose(tensor: HostTensors[string] | undefined, expected: readonly number[]): void {
  for (const [k, value] of expected.entries()) expect(tensor!.data[k]).toBeCloseTo(value, 5);
}
