/** The table of element types beside ONNX Runtime itself: a graph of one node loads, or it does not. */
import { InferenceSession } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import type { ElementType } from '../host-tensor.ts';
import { ELEMENT_TYPES } from './element-types.ts';
import { type Attributes, encodeModel } from './onnx-proto.ts';

const TYPES: readonly ElementType[] = ['float32', 'int32', 'bool'];

const OPERANDS: Readonly<Record<string, number>> = {
  Conv: 2,
  Gemm: 2,
  LayerNormalization: 2,
  Sum: 2,
  Concat: 2,
  Where: 2,
};
const PAIRS = new Set(
  'Add And Div Equal Greater GreaterOrEqual Less LessOrEqual MatMul Max Min Mul Or Pow Sub'.split(' '),
);
const ATTRIBUTES: Readonly<Record<string, Attributes>> = {
  Concat: { axis: 0 },
  MaxPool: { kernel_shape: [1, 1] },
};
const COMPARISONS = new Set('Equal Greater GreaterOrEqual Less LessOrEqual'.split(' '));

/** A graph with that one operator on operands of that type. */
function graphOf(op: string, type: ElementType): Uint8Array {
  const shape = op === 'Conv' || op === 'MaxPool' ? [1, 1, 2, 2] : [2, 2];
  const count = PAIRS.has(op) ? 2 : (OPERANDS[op] ?? 1);
  const operands = Array.from({ length: count }, (_, k) => ({ name: `x${k}`, shape, type }));
  const condition = op === 'Where' ? [{ name: 'condition', shape, type: 'bool' as const }] : [];
  const inputs = [...condition, ...operands];
  const resultType = op === 'ArgMax' ? 'int64' : COMPARISONS.has(op) ? 'bool' : type;
  return encodeModel({
    nodes: [{ op, inputs: inputs.map(({ name }) => name), outputs: ['y'], attributes: ATTRIBUTES[op] ?? {} }],
    initializers: [],
    inputs,
    outputs: [{ name: 'y', shape: resultShape(op, shape), type: resultType }],
  });
}

function resultShape(op: string, shape: number[]): number[] {
  if (op === 'ArgMax') return [1, 2];
  if (op === 'Concat') return [4, 2];
  if (op === 'Conv') return [1, 1, 1, 1];
  return op.startsWith('Reduce') ? [1, 1] : shape;
}

async function loads(bytes: Uint8Array): Promise<boolean> {
  try {
    await (await InferenceSession.create(bytes, { logSeverityLevel: 4 })).release();
    return true;
  } catch (error) {
    // Any other complaint would be about this test's graphs.
    expect(String(error)).toMatch(/tensor\(\w+\).*is invalid|Could not find an implementation/);
    return false;
  }
}

it.each(Object.keys(ELEMENT_TYPES))('%s takes the types that ONNX Runtime takes', async (op) => {
  const taken: ElementType[] = [];
  for (const type of TYPES) if (await loads(graphOf(op, type))) taken.push(type);
  expect(ELEMENT_TYPES[op]).toEqual(taken);
});
