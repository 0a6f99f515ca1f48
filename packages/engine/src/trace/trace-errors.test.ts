/** Mistakes in a step: each fails while the step is recorded, with the op, its shapes and the line that used it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { float32, int32, type TensorSpec } from '../host-tensor.ts';
import { layerNorm } from '../index.ts';
import { onnxEngine } from '../runtime/onnx-engine.ts';
import type { Step } from '../step.ts';
import { type Tensor, type Tensor1D, type Tensor3D, type Tensor4D, tf } from '../tf.ts';
import { trace } from './trace.ts';

const f32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const i32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });
const bool = (...shape: number[]): TensorSpec => ({ shape, dtype: 'bool' });

interface Mistake {
  readonly name: string;
  readonly inputs: readonly TensorSpec[];
  readonly step: (x: Tensor, y: Tensor, z: Tensor) => Tensor;
  /** The whole message but the line. */
  readonly message: string;
}

const IMAGE = f32(2, 8, 8, 3);
const MATRIX = f32(2, 3);
const gradient = (f: (x: Tensor) => Tensor, x: Tensor) =>
  tf.valueAndGrads((a) => tf.sum(f(a!)))([x]).grads[0]!;

const mistakes: readonly Mistake[] = [
  {
    name: 'add: no broadcast',
    inputs: [MATRIX, f32(5)],
    step: (x, y) => tf.add(x, y),
    message: 'Add [2,3] · [5]: [2,3] and [5] do not broadcast',
  },
  {
    name: 'add of booleans',
    inputs: [bool(2, 3), bool(2, 3)],
    step: (x, y) => tf.add(x, y),
    message: 'Add bool [2,3] · bool [2,3]: needs float32 or int32, not bool',
  },
  {
    name: 'exp of integers',
    inputs: [i32(2, 3)],
    step: (x) => tf.exp(x),
    message: 'Exp int32 [2,3]: needs float32, not int32',
  },
  {
    name: 'greater: no broadcast',
    inputs: [MATRIX, f32(5)],
    step: (x, y) => tf.greater(x, y),
    message: 'greater [2,3] · [5]: Operands could not be broadcast together with shapes 2,3 and 5.',
  },
  {
    name: 'logicalAnd of floats',
    inputs: [MATRIX, MATRIX],
    step: (x, y) => tf.logicalAnd(x, y),
    message: "logicalAnd [2,3] · [2,3]: Argument 'a' must be bool tensor, but got float32 tensor",
  },
  {
    name: 'where: no broadcast',
    inputs: [bool(2, 3), f32(2, 4), f32(2, 4)],
    step: (x, y, z) => tf.where(x, y, z),
    message:
      'where bool [2,3] · [2,4] · [2,4]: Operands could not be broadcast together with shapes 2,3 and 2,4.',
  },
  {
    name: 'where of two types',
    inputs: [bool(2, 3), MATRIX, i32(2, 3)],
    step: (x, y, z) => tf.where(x, y, z),
    message:
      'Select bool [2,3] · [2,3] · int32 [2,3]: needs one type, not float32 and int32: cast one of them',
  },
  {
    name: 'addN of two shapes',
    inputs: [MATRIX, f32(2, 4)],
    step: (x, y) => tf.addN([x, y]),
    message: 'addN [2,3] · [2,4]: All tensors must have the same shape',
  },
  {
    name: 'addN of two types',
    inputs: [MATRIX, i32(2, 3)],
    step: (x, y) => tf.addN([x, y]),
    message: 'addN [2,3] · int32 [2,3]: All tensors must have the same dtype',
  },
  {
    name: 'concat of two shapes',
    inputs: [MATRIX, f32(2, 4)],
    step: (x, y) => tf.concat([x, y], 0),
    message: 'Concat [2,3] · [2,4]: [2,3] and [2,4] differ beyond axis 0',
  },
  {
    name: 'concat of two ranks',
    inputs: [MATRIX, f32(3)],
    step: (x, y) => tf.concat([x, y], 0),
    message: 'Concat [2,3] · [3]: [2,3] and [3] differ beyond axis 0',
  },
  {
    name: 'concat of two types',
    inputs: [MATRIX, i32(2, 3)],
    step: (x, y) => tf.concat([x, y], 1),
    message: 'Concat [2,3] · int32 [2,3]: needs one type, not float32 and int32: cast one of them',
  },
  {
    name: 'concat of filled tensors of two types',
    inputs: [],
    step: () => tf.concat([tf.zeros([2]), tf.zeros([2], 'int32')]),
    message: 'Concat [2] · int32 [2]: needs one type, not float32 and int32: cast one of them',
  },
  {
    name: 'concat of what has no elements, but another width',
    inputs: [f32(0, 3), f32(2, 4)],
    step: (x, y) => tf.concat([x, y], 0),
    message: 'Concat [0,3] · [2,4]: [0,3] and [2,4] differ beyond axis 0',
  },
  {
    name: 'concat along a missing axis',
    inputs: [MATRIX, MATRIX],
    step: (x, y) => tf.concat([x, y], 2),
    message: 'Concat [2,3] · [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'stack of two shapes',
    inputs: [MATRIX, f32(3, 2)],
    step: (x, y) => tf.stack([x, y]),
    message: 'Pack [2,3] · [3,2]: [1,2,3] and [1,3,2] differ beyond axis 0',
  },
  {
    name: 'stack along a missing axis',
    inputs: [MATRIX, MATRIX],
    step: (x, y) => tf.stack([x, y], -4),
    message: 'Pack [2,3] · [2,3]: there is no axis -4 of 3',
  },
  {
    name: 'unstack along a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.unstack(x, 2)[0]!,
    message: 'unstack [2,3]: Axis = 2 is not in [-2, 2)',
  },
  {
    name: 'reshape to another size',
    inputs: [MATRIX],
    step: (x) => tf.reshape(x, [4, 2]),
    message: 'Reshape [2,3]: 6 elements do not fill the shape [4,2]',
  },
  {
    name: 'reshape of a filled tensor to another size',
    inputs: [],
    step: () => tf.reshape(tf.zeros([2, 3]), [4, 2]),
    message: 'Reshape [2,3]: 6 elements do not fill the shape [4,2]',
  },
  {
    name: 'reshape with a length that does not divide',
    inputs: [MATRIX],
    step: (x) => tf.reshape(x, [4, -1]),
    message: 'Reshape [2,3]: 6 elements do not fill the shape [4,1.5]',
  },
  {
    name: 'slice beyond the end',
    inputs: [MATRIX],
    step: (x) => tf.slice(x, [0, 0], [2, 4]),
    message: 'Slice [2,3]: elements 0 to 4 (exclusive) of axis 1, which has 3',
  },
  {
    name: 'slice that starts beyond the end',
    inputs: [MATRIX],
    step: (x) => tf.slice(x, [0, 4], [2, -1]),
    message: 'Slice [2,3]: elements 4 to 3 (exclusive) of axis 1, which has 3',
  },
  {
    name: 'slice that starts before the first',
    inputs: [MATRIX],
    step: (x) => tf.slice(x, [0, -1], [2, 1]),
    message: 'Slice [2,3]: elements -1 to 0 (exclusive) of axis 1, which has 3',
  },
  {
    name: 'slice of another rank',
    inputs: [MATRIX],
    step: (x) => tf.slice(x, [0, 0, 0], [2, 1, 1]),
    message: 'Slice [2,3]: [0,0,0] and [2,1,1] are no start and size along 2 axes',
  },
  {
    name: 'pad of another rank',
    inputs: [MATRIX],
    step: (x) => tf.pad(x, [[1, 1]]),
    message: 'PadV2 [2,3]: [1] before and [1] after are no padding of 2 axes',
  },
  {
    name: 'pad by less than nothing',
    inputs: [MATRIX],
    step: (x) =>
      tf.pad(x, [
        [-1, 1],
        [0, 0],
      ]),
    message: 'PadV2 [2,3]: [-1,0] before and [1,0] after are no padding of 2 axes',
  },
  {
    name: 'sum over a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.sum(x, 2),
    message: 'Sum [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'mean over a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.mean(x, 2),
    message: 'Mean [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'max over a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.max(x, 2),
    message: 'Max [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'min over a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.min(x, 2),
    message: 'Min [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'any over a missing axis',
    inputs: [bool(2, 3)],
    step: (x) => tf.any(x, 2),
    message: 'Any bool [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'argMax over a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.argMax(x, 2),
    message: 'ArgMax [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'sum over an axis twice',
    inputs: [MATRIX],
    step: (x) => tf.sum(x, [1, 1]),
    message: 'Sum [2,3]: axes [1,1] name one twice',
  },
  {
    name: 'norm over a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.norm(x, 2, 5),
    message: 'Sum [2,3]: there is no axis 5 of 2',
  },
  {
    name: 'max of booleans',
    inputs: [bool(2, 3)],
    step: (x) => tf.max(x, 1),
    message: 'Max bool [2,3]: needs float32 or int32, not bool',
  },
  {
    name: 'softmax over an axis that is not the last',
    inputs: [MATRIX],
    step: (x) => tf.softmax(x, 0),
    message:
      'softmax [2,3]: Softmax along a non-last dimension is not yet supported. Logits was rank 2 and dim was 0',
  },
  {
    name: 'matMul: inner lengths',
    inputs: [MATRIX, MATRIX],
    step: (x, y) => tf.matMul(x, y),
    message: 'BatchMatMul [2,3] · [2,3]: [2,3] and [2,3] do not multiply',
  },
  {
    name: 'matMul: inner lengths, transposed',
    inputs: [MATRIX, f32(3, 2)],
    step: (x, y) => tf.matMul(x, y, true),
    message: 'BatchMatMul [2,3] · [3,2]: [2,3] transposed and [3,2] do not multiply',
  },
  {
    name: 'matMul: batches',
    inputs: [f32(4, 2, 3), f32(5, 3, 2)],
    step: (x, y) => tf.matMul(x, y),
    message: 'BatchMatMul [4,2,3] · [5,3,2]: [4,2,3] and [5,3,2] do not multiply',
  },
  {
    name: 'matMul of a vector',
    inputs: [f32(3), f32(3, 2)],
    step: (x, y) => tf.matMul(x, y, true),
    message: 'BatchMatMul [3] · [3,2]: a factor is no matrix',
  },
  {
    name: 'matMul of integers',
    inputs: [i32(2, 3), i32(3, 2)],
    step: (x, y) => tf.matMul(x, y),
    message: 'BatchMatMul int32 [2,3] · int32 [3,2]: needs float32, not int32',
  },
  {
    name: 'transpose with an axis twice',
    inputs: [MATRIX],
    step: (x) => tf.transpose(x, [1, 1]),
    message: 'Transpose [2,3]: [1,1] is no order of 2 axes',
  },
  {
    name: 'transpose of another rank',
    inputs: [MATRIX],
    step: (x) => tf.transpose(x, [1, 0, 2]),
    message: 'transpose [2,3]: rank of input 2 must match length of perm 1,0,2.',
  },
  {
    name: 'tile of another rank',
    inputs: [MATRIX],
    step: (x) => tf.tile(x, [2]),
    message: 'tile [2,3]: rank of input 2 must match length of reps 2.',
  },
  {
    name: 'tile a fraction of a time',
    inputs: [MATRIX],
    step: (x) => tf.tile(x, [1.5, 2]),
    message: 'Tile [2,3]: [1.5,2] are not all integers',
  },
  {
    name: 'tile less than never',
    inputs: [MATRIX],
    step: (x) => tf.tile(x, [-1, 2]),
    message: 'Tile [2,3]: the shape [-2,6] has a length that is no natural number',
  },
  {
    name: 'split into parts that do not add up',
    inputs: [f32(2, 6)],
    step: (x) => tf.split(x, [2, 2], 1)[0]!,
    message: 'SplitV [2,6]: parts of 2, 2 do not make up axis 1, which has 6',
  },
  {
    name: 'split into one part that is too short',
    inputs: [f32(2, 6)],
    step: (x) => tf.split(x, [4], 1)[0]!,
    message: 'SplitV [2,6]: parts of 4 do not make up axis 1, which has 6',
  },
  {
    name: 'split into a number that does not divide',
    inputs: [f32(2, 6)],
    step: (x) => tf.split(x, 4, 1)[0]!,
    message: 'SplitV [2,6]: parts of 1.5, 1.5, 1.5, 1.5 do not make up axis 1, which has 6',
  },
  {
    name: 'split along a missing axis',
    inputs: [f32(2, 6)],
    step: (x) => tf.split(x, 2, 2)[0]!,
    message: 'SplitV [2,6]: there is no axis 2 of 2',
  },
  {
    name: 'expandDims: beyond the rank',
    inputs: [MATRIX],
    step: (x) => tf.expandDims(x, 4),
    message: 'expandDims [2,3]: Axis must be <= rank of the tensor',
  },
  {
    name: 'expandDims: before the first',
    inputs: [MATRIX],
    step: (x) => tf.expandDims(x, -4),
    message: 'ExpandDims [2,3]: there is no axis -4 of 3',
  },
  {
    name: 'squeeze of a length that is not one',
    inputs: [MATRIX],
    step: (x) => tf.squeeze(x, [1]),
    message: "squeeze [2,3]: Can't squeeze axis 1 since its dim '3' is not 1",
  },
  {
    name: 'reverse of a missing axis',
    inputs: [MATRIX],
    step: (x) => tf.reverse(x, [2]),
    message: 'Reverse [2,3]: there is no axis 2 of 2',
  },
  {
    name: 'oneHot of floats',
    inputs: [f32(4)],
    step: (x) => tf.oneHot(x as Tensor1D, 3),
    message: "oneHot [4]: Argument 'indices' must be int32 tensor, but got float32 tensor",
  },
  {
    name: 'cast to complex numbers',
    inputs: [MATRIX],
    step: (x) => tf.cast(x, 'complex64'),
    message: 'Cast [2,3]: tensors of type complex64 cannot be traced; use float32, int32 or bool',
  },
  {
    name: 'conv2d: channels',
    inputs: [IMAGE, f32(3, 3, 4, 8)],
    step: (x, y) => tf.conv2d(x as Tensor4D, y as Tensor4D, 1, 'same'),
    message: 'conv2d [2,8,8,3] · [3,3,4,8]: depth of input (3) must match input depth for filter 4.',
  },
  {
    name: 'conv2d: ranks',
    inputs: [f32(8, 3), f32(3, 3, 3, 8)],
    step: (x, y) => tf.conv2d(x as Tensor4D, y as Tensor4D, 1, 'same'),
    message: 'conv2d [8,3] · [3,3,3,8]: input must be rank 4, but got rank 2.',
  },
  {
    name: 'conv2d: types',
    inputs: [IMAGE, i32(3, 3, 3, 8)],
    step: (x, y) => tf.conv2d(x as Tensor4D, y as Tensor4D, 1, 'same'),
    message:
      "conv2d [2,8,8,3] · int32 [3,3,3,8]: Argument 'filter' must be float32 tensor, but got int32 tensor",
  },
  {
    name: 'conv2d: image smaller than the filter',
    inputs: [f32(2, 2, 2, 3), f32(3, 3, 3, 8)],
    step: (x, y) => tf.conv2d(x as Tensor4D, y as Tensor4D, 1, 'valid'),
    message:
      'Conv2D [2,2,2,3] · [3,3,3,8]: 0 × 0 windows of 3 × 3 with stride 1 × 1 do not fit into the padded image of 2 × 2',
  },
  {
    name: 'conv2d: data format',
    inputs: [f32(2, 3, 8, 8), f32(3, 3, 3, 8)],
    step: (x, y) => tf.conv2d(x as Tensor4D, y as Tensor4D, 1, 'same', 'NCHW'),
    message: 'Conv2D [2,3,8,8] · [3,3,3,8]: the data format NCHW is not supported; use NHWC',
  },
  {
    name: 'depthwiseConv2d: channels',
    inputs: [IMAGE, f32(3, 3, 4, 1)],
    step: (x, y) => tf.depthwiseConv2d(x as Tensor4D, y as Tensor4D, 1, 'same'),
    message:
      'depthwiseConv2d [2,8,8,3] · [3,3,4,1]: number of input channels (3) must match the inChannels dimension in filter 4.',
  },
  {
    name: 'maxPool: rank',
    inputs: [f32(8, 3)],
    step: (x) => tf.maxPool(x as Tensor3D, 2, 2, 'same'),
    message: 'maxPool [8,3]: input must be rank 4 but got rank 2.',
  },
  {
    name: 'maxPool: image smaller than the window',
    inputs: [f32(1, 2, 2, 3)],
    step: (x) => tf.maxPool(x as Tensor4D, 3, 1, 'valid'),
    message:
      'MaxPool [1,2,2,3]: 0 × 0 windows of 3 × 3 with stride 1 × 1 do not fit into the padded image of 2 × 2',
  },
  {
    name: 'maxPool: windows beyond the image',
    inputs: [f32(1, 5, 5, 3)],
    step: (x) => tf.maxPool(x as Tensor4D, 2, 2, 0, 'ceil'),
    message:
      'MaxPool [1,5,5,3]: 3 × 3 windows of 2 × 2 with stride 2 × 2 do not fit into the padded image of 5 × 5',
  },
  {
    name: 'batchNorm: channels',
    inputs: [IMAGE, f32(4)],
    step: (x, y) => tf.batchNorm(x, y as Tensor1D, y as Tensor1D),
    message:
      'FusedBatchNorm [2,8,8,3] · [4] · [4]: mean, variance, scale and offset are neither [3] nor [2,8,8,3]',
  },
  {
    name: 'layerNorm: features',
    inputs: [f32(4, 3), f32(4)],
    step: (x, y) => layerNorm(x, { gamma: y as Tensor1D, beta: y as Tensor1D, epsilon: 1e-5 }),
    message: 'LayerNorm [4,3] · [4] · [4]: scale and shift are not [3]',
  },
  {
    name: 'a loss of two shapes, in a group of ops',
    inputs: [MATRIX, f32(2, 4)],
    step: (x, y) => tf.losses.meanSquaredError(x, y),
    message: 'meanSquaredError [2,3] · [2,4]: Shapes 2,3 and 2,4 must match',
  },
  {
    name: 'in a gradient of TensorFlow.js',
    inputs: [MATRIX, f32(5)],
    step: (x, y) => tf.grads((a) => tf.exp(a))([x], y)[0]!,
    message: 'Multiply [5] · [2,3]: [5] and [2,3] do not broadcast',
  },
  {
    name: 'in a gradient of one’s own',
    inputs: [MATRIX],
    step: (x) =>
      gradient(
        tf.customGrad((a) => ({
          value: tf.neg(a as Tensor),
          gradFunc: (dy: Tensor) => tf.reshape(dy, [4, 2]),
        })),
        x,
      ),
    message: 'Reshape [2,3]: 6 elements do not fill the shape [4,2]',
  },
];

function messageOf({ inputs, step }: Mistake): string {
  const named = Object.fromEntries(inputs.map((spec, k) => [`x${k}`, spec]));
  try {
    trace(({ inputs: { x0, x1, x2 } }) => ({ outputs: { y: step(x0!, x1!, x2!) } }), {
      state: {},
      inputs: named,
    });
  } catch (error) {
    expect(error).toHaveProperty('name', 'TraceError');
    return (error as Error).message;
  }
  return 'nothing fails';
}

const SOURCE = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n');

/** Whether a line of this file, counted from 1, is one of the case's own. */
function isOf({ name }: Mistake, line: number): boolean {
  const first = SOURCE.findIndex((text) => text.includes(`name: '${name}',`));
  const last = SOURCE.findIndex((text, index) => index > first && text.includes('message:'));
  return first >= 0 && line - 1 > first && line - 1 < last;
}

it.each(mistakes)('$name', (mistake) => {
  const [, reason, file, line] = /^(.*) \(at .*\/(.*):(\d+):\d+\)$/s.exec(messageOf(mistake)) ?? [];
  expect(reason).toBe(mistake.message);
  expect(file).toBe('trace-errors.test.ts');
  expect(isOf(mistake, Number(line))).toBe(true);
});

it('a mean of integers is a fraction, an axis may be counted from the last, and empty parts join', async () => {
  const engine = onnxEngine({ threads: 1 });
  const step: Step = ({ inputs: { x } }) => ({
    outputs: {
      mean: tf.mean(x!, 1),
      largest: tf.argMax(x!, -1),
      joined: tf.concat([tf.zeros([0, 3]), tf.zeros([0, 2])], 1),
    },
  });
  const compiled = await engine.compile(step, { state: {}, inputs: { x: i32(1, 2) } });
  const { mean, largest, joined } = await compiled.run(engine.createState({}), { x: int32([1, 2], [1, 2]) });
  expect(mean).toEqual(float32([1], [1.5]));
  expect(largest).toEqual(int32([1], [1]));
  expect(joined!.shape).toEqual([0, 5]);
  await compiled.dispose();
});
