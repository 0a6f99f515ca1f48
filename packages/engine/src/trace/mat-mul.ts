import { ensure } from './checks.ts';
import { broadcastShape, type Value } from './graph.ts';
import { transpose, withoutFactor } from './ops.ts';

/**
 * The longest sum that ONNX Runtime never splits. The width of a thread's columns decides where it splits a longer sum.
 */
const LONGEST_WHOLE_SUM = 128;

/**
 * `a · b` over the last two axes, either of them transposed first. Leading axes broadcast. The result has the same bits
 * with any number of threads.
 */
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
  if (dependsOnThreads(rowsA, columnsB, columnsA)) {
    return swapLastTwo(matMul(b, a, !transposeB, !transposeA));
  }
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

/**
 * Whether the bits of ONNX Runtime's result depend on the number of threads; if they do, those of the transposed product
 * do not. ONNX Runtime divides a wide product by columns among the threads, and a tall one by rows. It sums the rows of
 * a single-column product in groups of four, and a thread's last rows one by one. Parts of a single row are whole
 * groups.
 */
function dependsOnThreads(rows: number, columns: number, summed: number): boolean {
  return rows > 1 && (columns === 1 || (columns > rows && summed > LONGEST_WHOLE_SUM));
}

function lastTwo({ shape }: Value, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function swapLastTwo(x: Value): Value {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}
