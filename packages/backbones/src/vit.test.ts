/** The tiny ViTs of fixtures/models: features, logits, loss and every gradient as timm computed them in float64. */
import { readFileSync } from 'node:fs';
import {
  eagerEngine,
  float32,
  type HostTensor,
  type HostTensors,
  int32,
  onnxEngine,
  specsOf,
  type Tensor4D,
  tf,
  valueAndGradients,
} from '@clce/engine';
import { describe, expect, it } from 'vitest';
import { linearHead } from './linear-head.ts';
import { buildVit } from './vit.ts';

const folder = new URL('../../../fixtures/models/', import.meta.url);

describe.each(['vit_token', 'vit_avg'])('%s', (fixture) => {
  const config = JSON.parse(readFileSync(new URL(`${fixture}.json`, folder), 'utf8'));
  const vit = buildVit({
    name: fixture,
    description: fixture,
    patchSize: config.patch_size,
    width: config.embed_dim,
    depth: config.depth,
    heads: config.num_heads,
    pooling: config.global_pool,
  });
  const weights = inOurLayout(read(fixture));
  const io = read(`${fixture}.io`);
  const gradients = inOurLayout(read(`${fixture}.grads`));
  const inputs = { images: channelsLast(io['input']!), labels: int32([4], io['labels']!.data) };

  it.each([
    ['cpu', eagerEngine(), 1e-5, 1e-4],
    ['onnx', onnxEngine(), 1e-4, 1e-3],
  ] as const)('on engine %s equals timm', async (_, engine, tolerance, gradientTolerance) => {
    const step = await engine.compile(
      ({ state, inputs: { images, labels } }) => {
        const { result, gradients: own } = valueAndGradients((parameters) => {
          const { features } = vit.forward(parameters, images as Tensor4D, 'training');
          const logits = linearHead(parameters, features);
          const chosen = tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels!, config.num_classes)), 1);
          return { loss: tf.neg(tf.mean(chosen)), metrics: { features, logits } };
        }, state);
        return { outputs: { loss: result.loss, ...result.metrics, ...prefixed('d ', own) } };
      },
      { state: specsOf(weights), inputs: specsOf(inputs) },
    );
    const state = engine.createState(weights);
    const outputs = await step.run(state, inputs);
    state.dispose();
    await step.dispose();

    for (const name of ['features', 'logits', 'loss']) {
      expect(worst(outputs[name]!, io[name]!), name).toBeLessThan(tolerance);
    }
    expect(Object.keys(gradients).length).toBe(Object.keys(weights).length);
    for (const [name, gradient] of Object.entries(gradients)) {
      expect(worst(outputs[`d ${name}`]!, gradient), name).toBeLessThan(gradientTolerance);
    }
  });
});

describe('a ViT', () => {
  it.each([
    ['vit-tiny', 5.5],
    ['vit-small', 21.7],
    ['vit-base', 85.8],
  ])('%s has timm’s number of parameters without a head', async (name, millions) => {
    // As timm’s table of pretrained models has them, less the classifier.
    const { getBackbone } = await import('./registry.ts');
    const { parameters } = getBackbone(name).initialise(224, (_tensor, count) => new Float32Array(count));
    const count = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
    expect(count / 1e6).toBeCloseTo(millions, 1);
  });

  it('refuses an image that its patches do not tile, and a width that its heads do not divide', () => {
    const options = { name: 'v', description: '', patchSize: 8, width: 6, depth: 1, heads: 2 } as const;
    const vit = buildVit({ ...options, pooling: 'token' });
    expect(() => vit.initialise(30, (_, count) => new Float32Array(count))).toThrow(
      'v: an image side of 30 pixels is no multiple of its patches of 8',
    );
    expect(() => buildVit({ ...options, heads: 4, pooling: 'token' })).toThrow('no multiple of 4 heads');
  });
});

function prefixed(prefix: string, tensors: object) {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

/** Largest difference over the largest entry of what is expected. */
function worst({ data }: HostTensor, expected: HostTensor): number {
  const largest = Math.max(...expected.data.map(Math.abs));
  return Math.max(...expected.data.map((value, k) => Math.abs(value - data[k]!))) / largest;
}

/** PyTorch's layouts to ours: linear weights [out, in] → [in, out], filters [out, in, h, w] → [h, w, in, out]. */
function inOurLayout(tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      if (tensor.shape.length === 2) return [name, permuted(tensor, [1, 0])];
      if (tensor.shape.length === 4) return [name, permuted(tensor, [2, 3, 1, 0])];
      return [name, tensor];
    }),
  );
}

function channelsLast(images: HostTensor): HostTensor {
  return permuted(images, [0, 2, 3, 1]);
}

function permuted({ shape, data }: HostTensor, order: number[]): HostTensor {
  const moved = tf.transpose(tf.tensor(data, [...shape]), order);
  return float32(moved.shape, moved.dataSync());
}

/** A safetensors file: length of the header, header in JSON, little-endian values. */
function read(name: string): HostTensors {
  const bytes = readFileSync(new URL(`${name}.safetensors`, folder));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  return Object.fromEntries(
    Object.entries(header)
      .filter(([tensor]) => tensor !== '__metadata__')
      .map(
        ([
          tensor,
          {
            dtype,
            shape,
            data_offsets: [from, to],
          },
        ]) => {
          const values = bytes.buffer.slice(bytes.byteOffset + start + from, bytes.byteOffset + start + to);
          if (dtype === 'I64') return [tensor, int32(shape, Array.from(new BigInt64Array(values), Number))];
          return [tensor, float32(shape, new Float32Array(values))];
        },
      ),
  );
}
