import { ensure } from './checks.ts';
import { broadcastShape, type Value } from './graph.ts';
import { transpose, withoutFactor } from './ops.ts';

/** `a · b` over the last two axes, either of them transposed first. Leading axes broadcast. */
export function matMul(a: Value, b: Value, transposeA = false, transposeB = false): Value {
  ensure(Math.min(a.shape.length, b.shape.length) >= 2, () => 'a factor is no matrix');
  const [rowsA, columnsA] = lastTwo(a, transposeA);
  const [rowsB, columnsB] = lastTwo(b, transposeB);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  ensure(
    columnsA === rowsB && batch !== undefined,
    () =>
      `[${a.shape}]${transposeA ? ' transposed' : ''} and [${b.shape}]${transposeB ? ' transposed' : ''} do not multiply`,
  );
  const output = { shape: [...batch, rowsA, columnsB], dtype: a.dtype };
  if (a.shape.length === 2 && b.shape.length === 2) {
    const left = withoutFactor(a);
    const right = withoutFactor(b);
    const factor = left.factor * right.factor;
    const attributes = {
      transA: Number(transposeA),
      transB: Number(transposeB),
      ...(factor !== 1 && { alpha: { float: factor } }),
    };
    return a.graph.node('Gemm', [left.value, right.value], [output], attributes)[0]!;
  }
  const left = transposeA ? swapLastTwo(a) : a;
  const right = transposeB ? swapLastTwo(b) : b;
  return a.graph.node('MatMul', [left, right], [output])[0]!;
}

function lastTwo({ shape }: Value, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function swapLastTwo(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}
