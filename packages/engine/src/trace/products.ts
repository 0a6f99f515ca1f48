/**
 * The matrix products of a step, each as a graph of its own. Their total time is a lower bound on the time of the step on
 * the same runtime.
 */
import type { Shape } from '../host-tensor.ts';
import { encode } from './encode.ts';
import { Graph, type GraphNode, type OutputSpec } from './graph.ts';

export interface MatrixProduct {
  /** Operator and shapes, to tell products apart. */
  readonly name: string;
  /** How often the step computes the product. */
  readonly count: number;
  /** Floating-point operations of one product: two for each multiply-add. */
  readonly flops: number;
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  /** An ONNX file with inputs `0`, `1`, … and output `y`. */
  readonly bytes: Uint8Array;
}

const PRODUCTS = new Set(['Gemm', 'MatMul', 'Conv']);

/** @param nodes of a traced graph, each with the shape of its first output */
export function matrixProducts(
  nodes: Iterable<readonly [node: GraphNode, output: OutputSpec]>,
): MatrixProduct[] {
  const found = new Map<string, MatrixProduct>();
  for (const [{ op, inputs, attributes }, output] of nodes) {
    if (!PRODUCTS.has(op)) continue;
    const shapes = inputs.map(({ shape }) => shape);
    const name = `${op} ${shapes.map((shape) => `[${shape}]`).join(' ')} ${JSON.stringify(attributes)}`;
    const known = found.get(name);
    if (known !== undefined) {
      found.set(name, { ...known, count: known.count + 1 });
      continue;
    }
    const graph = new Graph();
    const values = inputs.map(({ shape, dtype }) => graph.input(shape, dtype));
    const [product] = graph.node(op, values, [output], attributes);
    const named = new Map(values.map((value, index) => [String(index), value]));
    const { bytes } = encode(graph, named, new Map([['y', product!]]));
    const size = output.shape.reduce((all, length) => all * length, 1);
    found.set(name, {
      name,
      count: 1,
      flops: 2 * size * summedLength(op, shapes, attributes),
      inputs: shapes,
      output: output.shape,
      bytes,
    });
  }
  return [...found.values()];
}

function summedLength(op: string, [a, b]: readonly Shape[], attributes: GraphNode['attributes']): number {
  if (op === 'Conv') return b!.slice(1).reduce((all, length) => all * length, 1);
  return attributes['transA'] === 1 ? a!.at(-2)! : a!.at(-1)!;
}
