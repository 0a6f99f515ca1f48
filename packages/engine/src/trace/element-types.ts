/** Which types of elements ONNX Runtime's operators take (element-types.test.ts asks it). */
import type { ElementType } from '../host-tensor.ts';
import { ensure } from './checks.ts';

const FLOATS: readonly ElementType[] = ['float32'];
const NUMBERS: readonly ElementType[] = ['float32', 'int32'];
const BOOLS: readonly ElementType[] = ['bool'];
const ALL: readonly ElementType[] = ['float32', 'int32', 'bool'];

/** Operators whose operands share one type, and the types they may share. */
export const ELEMENT_TYPES: Readonly<Record<string, readonly ElementType[]>> = {
  Abs: NUMBERS,
  Add: NUMBERS,
  And: BOOLS,
  ArgMax: NUMBERS,
  Ceil: FLOATS,
  Concat: ALL,
  Conv: FLOATS,
  Cos: FLOATS,
  Div: NUMBERS,
  Equal: ALL,
  Erf: FLOATS,
  Exp: FLOATS,
  Floor: FLOATS,
  Gemm: FLOATS,
  Greater: NUMBERS,
  GreaterOrEqual: NUMBERS,
  LayerNormalization: FLOATS,
  LeakyRelu: FLOATS,
  Less: NUMBERS,
  LessOrEqual: NUMBERS,
  Log: FLOATS,
  MatMul: NUMBERS,
  Max: NUMBERS,
  MaxPool: FLOATS,
  Min: NUMBERS,
  Mul: NUMBERS,
  Neg: NUMBERS,
  Not: BOOLS,
  Or: BOOLS,
  Pow: NUMBERS,
  Reciprocal: FLOATS,
  ReduceMax: NUMBERS,
  ReduceMean: NUMBERS,
  ReduceMin: NUMBERS,
  ReduceSum: NUMBERS,
  Relu: NUMBERS,
  Sigmoid: FLOATS,
  Sign: NUMBERS,
  Sin: FLOATS,
  Softplus: FLOATS,
  Sqrt: FLOATS,
  Sub: NUMBERS,
  Sum: FLOATS,
  Tanh: FLOATS,
  Where: NUMBERS,
};

/** @param operands without lists of indices, and without the condition of a Where */
export function checkElementTypes(op: string, operands: readonly { readonly dtype: ElementType }[]): void {
  const allowed = ELEMENT_TYPES[op];
  if (allowed === undefined) return;
  const types = [...new Set(operands.map(({ dtype }) => dtype))];
  ensure(types.length < 2, () => `needs one type, not ${types.join(' and ')}: cast one of them`);
  const [type] = types;
  ensure(type === undefined || allowed.includes(type), () => `needs ${allowed.join(' or ')}, not ${type}`);
}
