/** The element types that ONNX Runtime's operators accept. element-types.test.ts checks the table against it. */
import type { ElementType } from '../host-tensor.ts';
import { ensure } from './checks.ts';

const FLOATS: readonly ElementType[] = ['float32'];
const NUMBERS: readonly ElementType[] = ['float32', 'int32'];
const BOOLS: readonly ElementType[] = ['bool'];
const ALL: readonly ElementType[] = ['float32', 'int32', 'bool'];

/** The operand types that each operator accepts; all operands of a node share one type. */
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

/** @param operands excludes lists of indices and the condition of a Where */
export function checkElementTypes(op: string, operands: readonly { readonly dtype: ElementType }[]): void {
  const allowed = ELEMENT_TYPES[op];
  if (allowed === undefined) return;
  const types = [...new Set(operands.map(({ dtype }) => dtype))];
  ensure(types.length < 2, () => `needs one type, not ${types.join(' and ')}: cast one of them`);
  const [type] = types;
  ensure(type === undefined || allowed.includes(type), () => `needs ${allowed.join(' or ')}, not ${type}`);
}
