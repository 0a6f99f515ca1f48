import { type Shape, sizeOf } from '../host-tensor.ts';
import { ensure } from './checks.ts';
import type { Value } from './graph.ts';
import { binary, reshape, withoutFactor } from './ops.ts';

/** ReduceSum, ReduceMean, ReduceMax or ReduceMin over `axes`, which are not negative. The result drops these axes. */
export function reduce(op: string, x: Value, axes: readonly number[]): Value {
  ensure(new Set(axes).size === axes.length, () => `axes [${axes}] name one twice`);
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  if (axes.length === 0) return x;
  if (x.fill !== undefined && x.dtype === 'float32') {
    const count = op === 'ReduceSum' ? sizeOf(x.shape) / sizeOf(shape) : 1;
    return x.graph.filled(Math.fround(x.fill * count), shape, x.dtype);
  }
  if (op === 'ReduceSum' || op === 'ReduceMean') {
    const { value, factor } = withoutFactor(x);
    if (factor !== 1) {
      return binary('Mul', reduce(op, value, axes), x.graph.filled(factor, shape, x.dtype));
    }
  }
  const leading = axes.toSorted((a, b) => a - b).every((axis, index) => axis === index);
  if (leading && (op === 'ReduceSum' || op === 'ReduceMean')) {
    const rows = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
    const blocks = blocksOf(rows);
    if (blocks > 1 && sizeOf(shape) > 1) return reshape(inBlocks(op, x, rows, blocks), shape);
  }
  return reduceAtOnce(op, x, axes, shape);
}

/** ReduceSum or ReduceMax over the last axis, which stays with length 1. */
export function reduceRows(op: string, x: Value): Value {
  return reduceAtOnce(op, x, [x.shape.length - 1], x.shape.with(-1, 1), 1);
}

function reduceAtOnce(op: string, x: Value, axes: readonly number[], shape: Shape, keepdims = 0): Value {
  const output = { shape, dtype: x.dtype };
  // Before opset 18, only ReduceSum takes its axes as an input.
  if (op !== 'ReduceSum') return x.graph.node(op, [x], [output], { axes, keepdims })[0]!;
  return x.graph.node(op, [x, x.graph.indices(axes)], [output], { keepdims })[0]!;
}

/** A reduction over leading axes runs in blocks from this many rows on. */
const MANY_ROWS = 256;

/** A divisor of `rows` near 16; 1 where there are few rows or no candidate divides them. */
function blocksOf(rows: number): number {
  if (rows < MANY_ROWS) return 1;
  return [16, 15, 14, 13, 12, 20, 10, 9, 8, 24, 32, 7, 6, 5, 4].find((blocks) => rows % blocks === 0) ?? 1;
}

/**
 * Reduces the rows of each block, then the blocks. ONNX Runtime reads one column after the other, and the columns of a
 * tall matrix do not stay in the cache. Shorter sums also round less.
 */
function inBlocks(op: string, x: Value, rows: number, blocks: number): Value {
  const width = sizeOf(x.shape) / rows;
  const split = reshape(x, [blocks, rows / blocks, width]);
  return reduceAtOnce(op, reduceAtOnce(op, split, [1], [blocks, width]), [0], [width]);
}
