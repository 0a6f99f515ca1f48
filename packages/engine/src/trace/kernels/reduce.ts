/** Sums, means and extremes over axes; softmax and norms. */

import { sameShape } from '../../host-tensor.ts';
import { axisOf, ensure } from '../checks.ts';
import type { Value } from '../graph.ts';
import { kernel } from '../kernel.ts';
import { binary, cast, reshape, unary } from '../ops.ts';
import { reduce, reduceRows } from '../reduce.ts';

interface Axes {
  readonly axis?: number | readonly number[];
  /** The axes of Max, under TensorFlow.js's name. */
  readonly reductionIndices?: number | readonly number[];
  readonly keepDims: boolean;
}

function reduced(op: string, x: Value, { axis, reductionIndices, keepDims }: Axes): Value {
  // An absent axis means all axes; an empty list means none.
  const given = axis ?? reductionIndices ?? x.shape.map((_, index) => index);
  const axes = [given].flat().map((one) => axisOf(x.shape.length, one));
  const result = reduce(op, x, axes);
  return keepDims
    ? reshape(
        result,
        x.shape.map((length, index) => (axes.includes(index) ? 1 : length)),
      )
    : result;
}

kernel<Axes>('Sum', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  return reduced('ReduceSum', x.dtype === 'bool' ? cast(x, 'int32') : x, attrs);
});
/** The cast: a mean of integers is a fraction. */
kernel<Axes>('Mean', ({ inputs, attrs }) => reduced('ReduceMean', cast(inputs['x']!, 'float32'), attrs));
kernel<Axes>('Max', ({ inputs, attrs }) => reduced('ReduceMax', inputs['x']!, attrs));
kernel<Axes>('Min', ({ inputs, attrs }) => reduced('ReduceMin', inputs['x']!, attrs));

kernel<Axes>('Any', ({ inputs, attrs }) =>
  cast(reduced('ReduceMax', cast(inputs['x']!, 'int32'), attrs), 'bool'),
);
kernel<Axes>('All', ({ inputs, attrs }) =>
  cast(reduced('ReduceMin', cast(inputs['x']!, 'int32'), attrs), 'bool'),
);

/** The cast: ONNX's ArgMax returns int64. */
kernel<{ axis: number }>('ArgMax', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const axis = axisOf(x.shape.length, attrs.axis);
  const shape = x.shape.toSpliced(axis, 1);
  const attributes = { axis, keepdims: 0 };
  const [index] = x.graph.node('ArgMax', [x], [{ shape, dtype: 'int32' }], attributes);
  return unary('Cast', index!, { to: 6 });
});

/**
 * Softmax and log-softmax of each row, composed of simpler operators. ONNX Runtime's own Softmax and LogSoftmax sum a row
 * in one partial sum per vector lane, so their last bits differ between AVX2 and AVX-512.
 */
kernel<{ dim: number }>('Softmax', ({ inputs, attrs }) => {
  const { exponentials, total } = rowExponentials(inputs['logits']!, attrs.dim);
  return binary('Div', exponentials, total);
});
kernel<{ axis: number }>('LogSoftmax', ({ inputs, attrs }) => {
  const { shifted, total } = rowExponentials(inputs['logits']!, attrs.axis);
  return binary('Sub', shifted, unary('Log', total));
});

/** `x` minus the maximum of its row, the exponentials of the difference, and their sum. */
function rowExponentials(x: Value, axis: number) {
  const last = x.shape.length - 1;
  ensure(axisOf(x.shape.length, axis) === last, () => `axis ${axis} is not the last of [${x.shape}]`);
  const shifted = binary('Sub', x, reduceRows('ReduceMax', x));
  const exponentials = unary('Exp', shifted);
  return { shifted, exponentials, total: reduceRows('ReduceSum', exponentials) };
}

/**
 * y = (x - mean) · scale / √(variance + ε) + offset. The last axis holds the channels. Each parameter has the shape
 * [channels] or the shape of `x`.
 */
kernel<{ varianceEpsilon: number }>('FusedBatchNorm', ({ inputs, attrs }) => {
  const { x, mean, variance, scale, offset } = inputs as Record<string, Value>;
  const channels = x!.shape.slice(-1);
  ensure(
    Object.values(inputs).every(({ shape }) => sameShape(shape, channels) || sameShape(shape, x!.shape)),
    () => `mean, variance, scale and offset are neither [${channels}] nor [${x!.shape}]`,
  );
  const epsilon = variance!.graph.filled(attrs.varianceEpsilon, variance!.shape, 'float32');
  const inverse = unary('Reciprocal', unary('Sqrt', binary('Add', variance!, epsilon)));
  const factor = scale === undefined ? inverse : binary('Mul', inverse, scale);
  const centred = binary('Mul', binary('Sub', x!, mean!), factor);
  return offset === undefined ? centred : binary('Add', centred, offset);
});

/** Layer normalisation over the last axis; also returns the statistics that its gradient needs (ops/layer-norm.ts). */
kernel<{ epsilon: number }>('LayerNorm', ({ inputs, attrs }) => {
  const { x, gamma, beta } = inputs as Record<string, Value>;
  const { graph, shape, dtype } = x!;
  ensure(
    [gamma!, beta!].every((own) => sameShape(own.shape, shape.slice(-1))),
    () => `scale and shift are not [${shape.at(-1)}]`,
  );
  const statistic = { shape: shape.with(-1, 1), dtype };
  return graph.node('LayerNormalization', [x!, gamma!, beta!], [{ shape, dtype }, statistic, statistic], {
    axis: -1,
    epsilon: { float: attrs.epsilon },
  });
});
