/** Forward passes with constant weights, against the eager engine and as files that others can run. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { float32, type HostTensor, type HostTensors, sizeOf, specsOf } from './host-tensor.ts';
import { compileForward, exportForward, type Forward } from './inference.ts';
import { batchNormEvaluation } from './ops/batch-norm.ts';
import { eagerEngine } from './runtime/eager-engine.ts';
import { onnxEngine } from './runtime/onnx-engine.ts';
import { type Tensor1D, type Tensor2D, type Tensor4D, tf } from './tf.ts';
import { constant } from './trace/backend.ts';
import { trace } from './trace/trace.ts';

const PYTHON = '/usr/bin/python3';
const checker = existsSync(PYTHON) && !(await execa(PYTHON, ['-c', 'import onnx'], { reject: false })).failed;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-inference-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function wave(shape: readonly number[], phase: number): HostTensor {
  return float32(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, k) => Math.sin(phase + 1.7 * k)),
  );
}

/** Convolutions of both kinds with batch norms, strides, both paddings, pooling that overlaps, and a linear layer. */
const network: Forward = (weights, { images }) => {
  const norm = (name: string, x: Tensor4D) => {
    const vector = (part: string) => weights[`${name}.${part}`] as Tensor1D;
    return batchNormEvaluation(
      x,
      { gamma: vector('gamma'), beta: vector('beta'), epsilon: 1e-5 },
      { mean: vector('mean'), variance: tf.square(vector('deviation')) },
    );
  };
  let x = images as Tensor4D;
  x = tf.relu(norm('a', tf.conv2d(x, weights['a'] as Tensor4D, 2, 'same')));
  x = tf.maxPool(x, 3, 2, 1);
  const skip = x;
  x = tf.clipByValue(norm('b', tf.depthwiseConv2d(x, weights['b'] as Tensor4D, 1, 'same')), 0, 6);
  x = tf.add(skip, norm('c', tf.conv2d(x, weights['c'] as Tensor4D, 1, 0)));
  return { features: tf.matMul(tf.mean<Tensor2D>(x, [1, 2]), weights['d'] as Tensor2D) };
};

const norms = (name: string, channels: number): HostTensors =>
  Object.fromEntries(
    ['gamma', 'beta', 'mean', 'deviation'].map((part, k) => [`${name}.${part}`, wave([channels], k + 1)]),
  );
const weights: HostTensors = {
  ...{ a: wave([3, 3, 3, 5], 0), b: wave([3, 3, 5, 1], 1), c: wave([1, 1, 5, 5], 2), d: wave([5, 4], 3) },
  ...norms('a', 5),
  ...norms('b', 5),
  ...norms('c', 5),
};
const inputs = { images: wave([2, 15, 13, 3], 5) };

describe('a forward pass with constant weights', () => {
  it('equals TensorFlow.js run op by op', async () => {
    const results = [];
    for (const engine of [onnxEngine(), eagerEngine()]) {
      const compiled = await compileForward(engine, network, weights, specsOf(inputs));
      results.push((await compiled.run(inputs))['features']!);
      await compiled.dispose();
    }
    const [native, eager] = results as [HostTensor, HostTensor];
    const largest = Math.max(...Array.from(eager.data, Math.abs));
    expect(native.shape).toEqual([2, 4]);
    eager.data.forEach((value, k) => {
      expect(Math.abs(value - native.data[k]!) / largest).toBeLessThan(1e-6);
    });
  });

  it('has three convolutions and no node of the batch norms', () => {
    const { nodes } = trace(
      ({ inputs: fed }) => {
        const constants = Object.entries(weights).map(([name, value]) => [name, constant(value)]);
        return { outputs: network(Object.fromEntries(constants), fed) };
      },
      { state: {}, inputs: specsOf(inputs), inference: true },
    );
    const count = (op: string) => nodes.filter(([node]) => node.op === op).length;
    expect([count('Conv'), count('Mul'), count('Add'), count('MaxPool')]).toEqual([3, 0, 1, 1]);
  });
});

describe('an exported forward pass', () => {
  const exported = exportForward(network, weights, specsOf(inputs));

  it('runs in any ONNX Runtime', async () => {
    // Its own engine's level of optimisation; beyond it, sums have another order.
    const session = await ort.InferenceSession.create(exported.bytes, { graphOptimizationLevel: 'extended' });
    const { data, shape } = inputs.images as HostTensor & { data: Float32Array };
    const outputs = await session.run({
      [exported.inputs['images']!]: new ort.Tensor('float32', data, [...shape]),
    });
    const compiled = await compileForward(onnxEngine(), network, weights, specsOf(inputs));
    expect(outputs[exported.outputs['features']!]!.data).toEqual(
      (await compiled.run(inputs))['features']!.data,
    );
    await compiled.dispose();
    await session.release();
  });

  it.skipIf(!checker)('is valid for onnx itself (skipped without Debian’s python3-onnx)', async () => {
    const path = join(root, 'network.onnx');
    writeFileSync(path, exported.bytes);
    const program = 'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)';
    await execa(PYTHON, ['-c', program, path]);
  });
});
