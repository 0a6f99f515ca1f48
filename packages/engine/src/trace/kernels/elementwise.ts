/** Element-wise kernels: unary operators, and broadcasting operators of two or three operands. */

import type { Value } from '../graph.ts';
import { kernel } from '../kernel.ts';
import { binary, cast, unary, where } from '../ops.ts';

const UNARY: Readonly<Record<string, string>> = {
  Abs: 'Abs',
  Ceil: 'Ceil',
  Cos: 'Cos',
  Erf: 'Erf',
  Exp: 'Exp',
  Floor: 'Floor',
  Log: 'Log',
  Neg: 'Neg',
  Reciprocal: 'Reciprocal',
  Relu: 'Relu',
  Sigmoid: 'Sigmoid',
  Sign: 'Sign',
  Sin: 'Sin',
  Softplus: 'Softplus',
  Sqrt: 'Sqrt',
  Tanh: 'Tanh',
};

const BINARY: Readonly<Record<string, string>> = {
  Add: 'Add',
  Multiply: 'Mul',
  RealDiv: 'Div',
  Sub: 'Sub',
  Pow: 'Pow',
  Maximum: 'Max',
  Minimum: 'Min',
};

const COMPARISON: Readonly<Record<string, string>> = {
  Equal: 'Equal',
  Greater: 'Greater',
  GreaterEqual: 'GreaterOrEqual',
  Less: 'Less',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
};

for (const [name, op] of Object.entries(UNARY)) kernel(name, ({ inputs }) => unary(op, inputs['x']!));
for (const [name, op] of Object.entries(BINARY)) {
  kernel(name, ({ inputs }) => binary(op, inputs['a']!, inputs['b']!));
}
for (const [name, op] of Object.entries(COMPARISON)) {
  kernel(name, ({ inputs }) => binary(op, inputs['a']!, inputs['b']!, 'bool'));
}

const full = (like: Value, value: number) => like.graph.filled(value, like.shape, like.dtype);

kernel('NotEqual', ({ inputs }) => unary('Not', binary('Equal', inputs['a']!, inputs['b']!, 'bool')));
kernel('LogicalNot', ({ inputs }) => unary('Not', inputs['x']!));
kernel('Square', ({ inputs }) => binary('Mul', inputs['x']!, inputs['x']!));
kernel('Rsqrt', ({ inputs }) => unary('Reciprocal', unary('Sqrt', inputs['x']!)));
kernel('Log1p', ({ inputs }) => unary('Log', binary('Add', inputs['x']!, full(inputs['x']!, 1))));
kernel('SquaredDifference', ({ inputs }) => {
  const difference = binary('Sub', inputs['a']!, inputs['b']!);
  return binary('Mul', difference, difference);
});

kernel<{ alpha: number }>('LeakyRelu', ({ inputs, attrs }) =>
  unary('LeakyRelu', inputs['x']!, { alpha: { float: attrs.alpha } }),
);

/** 1 where x > 0, `alpha` elsewhere. */
kernel<{ alpha: number }>('Step', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  const positive = binary('Greater', x, full(x, 0), 'bool');
  return attrs.alpha === 0 ? cast(positive, x.dtype) : where(positive, full(x, 1), full(x, attrs.alpha));
});

kernel<{ clipValueMin: number; clipValueMax: number }>('ClipByValue', ({ inputs, attrs }) => {
  const x = inputs['x']!;
  return binary('Min', binary('Max', x, full(x, attrs.clipValueMin)), full(x, attrs.clipValueMax));
});

kernel('Select', ({ inputs }) => where(inputs['condition']!, inputs['t']!, inputs['e']!));
kernel<{ dtype: 'float32' | 'int32' | 'bool' }>('Cast', ({ inputs, attrs }) =>
  cast(inputs['x']!, attrs.dtype),
);
kernel('Identity', ({ inputs }) => inputs['x']!);
kernel('ZerosLike', ({ inputs }) => full(inputs['x']!, 0));
kernel('OnesLike', ({ inputs }) => full(inputs['x']!, 1));

kernel('AddN', ({ list }) => {
  const first = list[0]!;
  if (list.length <= 2) return list.reduce((a, b) => binary('Add', a, b));
  return first.graph.node('Sum', list, [{ shape: first.shape, dtype: first.dtype }])[0]!;
});
