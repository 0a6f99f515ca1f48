/**
 * For tests: the tiny models of fixtures/models. timm (ViT, ResNet) and torchscale (BEiT-3) computed their features,
 * logits, loss and gradients in float64. ResNets also have these in training, with the running statistics after one
 * batch.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Engine,
  type HostTensor,
  type HostTensors,
  permuted,
  specsOf,
  type Tensor4D,
  tf,
  valueAndGradients,
} from '@clce/engine';
import { expect } from 'vitest';
import { buildBeit3 } from '../architectures/beit3.ts';
import { buildResNet } from '../architectures/resnet.ts';
import { buildVit } from '../architectures/vit.ts';
import type { Backbone } from '../backbone.ts';
import { linearHead } from '../layers/linear-head.ts';
import { openSafetensors } from '../weights/formats/safetensors.ts';
import { fromFile } from '../weights/layout.ts';

const MODES = { evaluation: '', training: 'train_' } as const;

export interface FixtureCase {
  readonly name: string;
  readonly mode: keyof typeof MODES;
}

export interface Tolerances {
  readonly tolerance: number;
  readonly gradientTolerance: number;
}

export async function expectFixture(
  engine: Engine,
  { name, mode }: FixtureCase,
  { tolerance, gradientTolerance }: Tolerances,
): Promise<void> {
  const { backbone, weights, io, classes } = await fixture(name);
  const prefix = MODES[mode];
  const gradients = ours(await read(`${name}.${prefix}grads`));
  const outputs = await run(engine, backbone, mode, weights, io, classes);

  for (const what of mode === 'training' ? ['logits', 'loss'] : ['features', 'logits', 'loss']) {
    expect(worst(outputs[what]!, io[prefix + what]!), what).toBeLessThan(tolerance);
  }
  const gradientNames = Object.keys(outputs).filter((output) => output.startsWith('d '));
  expect(gradientNames.map((output) => output.slice(2)).toSorted()).toEqual(
    Object.keys(gradients).toSorted(),
  );
  for (const [parameter, gradient] of Object.entries(gradients)) {
    const scale = largest(gradients[scaleOf(parameter)]!);
    expect(worst(outputs[`d ${parameter}`]!, gradient, scale), parameter).toBeLessThan(gradientTolerance);
  }
  if (mode === 'evaluation') return;
  const after = await read(`${name}.running_after`);
  for (const [statistic, expected] of Object.entries(after)) {
    expect(worst(outputs[statistic]!, expected), statistic).toBeLessThan(tolerance);
  }
}

/** The true gradient of a key's bias is zero, because softmax cancels it. So its error is relative to the query's. */
function scaleOf(parameter: string): string {
  return parameter.replace('.k_proj.A.bias', '.q_proj.A.bias');
}

async function fixture(name: string) {
  const config = JSON.parse(readFileSync(pathOf(`${name}.json`), 'utf8'));
  const common = { name, description: name, patchSize: config.patch_size, width: config.embed_dim };
  const transformer = { ...common, depth: config.depth, heads: config.num_heads };
  const backbone: Backbone =
    config.arch === 'vit'
      ? buildVit({ ...transformer, pooling: config.global_pool })
      : config.arch === 'beit3'
        ? buildBeit3(transformer)
        : buildResNet({
            ...{ name, description: name, blocks: config.layers, widths: config.channels },
            block: config.block === 'BasicBlock' ? 'basic' : 'bottleneck',
          });
  const all = ours(await read(name));
  const { parameters, statistics } = backbone.initialise(
    config.img_size,
    (_, count) => new Float32Array(count),
  );
  const wanted = ['head.weight', 'head.bias', ...Object.keys(parameters), ...Object.keys(statistics)];
  const weights = Object.fromEntries(wanted.map((tensor) => [tensor, all[tensor]!]));
  return { backbone, weights, io: await read(`${name}.io`), classes: config.num_classes as number };
}

async function run(
  engine: Engine,
  backbone: Backbone,
  mode: FixtureCase['mode'],
  weights: HostTensors,
  io: HostTensors,
  classes: number,
): Promise<HostTensors> {
  const inputs = { images: permuted(io['input']!, [0, 2, 3, 1]), labels: io['labels']! };
  const step = await engine.compile(
    ({ state: all, inputs: { images, labels } }) => {
      const isStatistic = ([name]: [string, unknown]) => name.includes('running_');
      const trained = Object.fromEntries(Object.entries(all).filter((entry) => !isStatistic(entry)));
      const { result, gradients } = valueAndGradients((parameters) => {
        const weighted = { ...all, ...parameters };
        const { features, statistics } = backbone.forward(weighted, images as Tensor4D, mode);
        const logits = linearHead(weighted, features);
        const chosen = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels!, classes)), 1);
        return { loss: tf.neg(tf.mean(chosen)), metrics: { features, logits, ...statistics } };
      }, trained);
      const named = Object.entries(gradients).map(([name, gradient]) => [`d ${name}`, gradient]);
      return { outputs: { loss: result.loss, ...result.metrics, ...Object.fromEntries(named) } };
    },
    { state: specsOf(weights), inputs: specsOf(inputs) },
  );
  const state = engine.createState(weights);
  const outputs = await step.run(state, inputs);
  state.dispose();
  await step.dispose();
  return outputs;
}

function ours(tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([, { dtype }]) => dtype === 'float32')
      .map(([name, tensor]) => [name.replace(/^fc\./, 'head.'), fromFile('safetensors', name, tensor)]),
  );
}

async function read(name: string): Promise<HostTensors> {
  const { tensors } = await openSafetensors(pathOf(`${name}.safetensors`));
  const entries = [...tensors].map(async ([tensor, stored]) => [tensor, await stored.read()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../../../../fixtures/models/${file}`, import.meta.url));
}

/** Largest difference divided by `scale`, by default the largest expected entry. */
function worst({ data }: HostTensor, expected: HostTensor, scale = largest(expected)): number {
  expect(data.length).toBe(expected.data.length);
  const differences = Array.from(expected.data, (value, k) => Math.abs(value - data[k]!));
  return Math.max(...differences) / scale;
}

function largest({ data }: HostTensor): number {
  return (Array.from(data) as number[]).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
