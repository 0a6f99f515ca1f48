/**
 * Computes a log-softmax of a large matrix, and the row-wise operators after it, one block of rows at a time. The
 * log-softmax begins with the maximum of each row.
 *
 * ONNX Runtime runs each operator over the whole matrix, so it holds the logits of a large batch in memory several
 * times. Here the run of operators becomes the body of a Scan. The Scan reads slices of its inputs in place and writes
 * each result to its place, so an intermediate value of the run is never larger than a block.
 *
 * Runs without a log-softmax stay whole: in a training step of ViT, Conv-4 or ResNet-12, blocks of element-wise
 * operators were no faster.
 */
import { type Shape, sizeOf } from '../host-tensor.ts';
import type { GraphNode, Value } from './graph.ts';

/** A node and its outputs. */
export interface Made {
  readonly node: GraphNode;
  readonly values: readonly Value[];
}

/** Nodes that process row-major arrays in `count` equal parts, one part after the other. */
export interface RowBlocks {
  readonly count: number;
  readonly members: readonly Made[];
}

/**
 * Matrices below LARGE elements stay whole. A part has at least SMALLEST_PART elements, and at most LARGEST_PART or one
 * row.
 */
const LARGE = 2 ** 19;
const LARGEST_PART = 2 ** 17;
const SMALLEST_PART = 2 ** 14;

const ELEMENT_WISE = new Set(
  (
    'Abs Add And Cast Ceil Cos Div Equal Erf Exp Floor Greater GreaterOrEqual LeakyRelu Less LessOrEqual Log Max Min ' +
    'Mul Neg Not Or Pow Reciprocal Relu Sigmoid Sign Sin Softplus Sqrt Sub Sum Tanh Where'
  ).split(' '),
);
/** Operators that are row-wise along any axis but the first. */
const ALONG_AXIS = new Set(['GatherElements', 'ScatterElements']);

/** The nodes in a valid order of execution. The members of a run are grouped. */
export function inRowBlocks(nodes: readonly Made[]): (Made | RowBlocks)[] {
  const result: (Made | RowBlocks)[] = [];
  let run: Run | undefined;
  for (const made of nodes) {
    if (run?.add(made)) continue;
    result.push(...(run?.parts() ?? []));
    const { node } = made;
    const count = node.op === 'ReduceMax' && isRowReduction(node) ? partsOf(node.inputs[0]!.shape) : 1;
    run = count > 1 ? new Run(made, count) : undefined;
    if (run === undefined) result.push(made);
  }
  return [...result, ...(run?.parts() ?? [])];
}

/** Whether an operand of a row-wise operator is cut like its result. Otherwise every block reads the whole operand. */
export function isCut(operand: Value, result: Value): boolean {
  return operand.shape.length === result.shape.length && operand.shape[0] === result.shape[0];
}

/**
 * The maximum of each row and the nodes after it. A node is a member of the run, or comes before it because it needs no
 * member, or comes after it.
 */
class Run {
  readonly #count: number;
  readonly #matrix: Value;
  readonly #members: Made[] = [];
  readonly #before: Made[] = [];
  readonly #after: Made[] = [];
  readonly #ofMembers = new Set<Value>();
  readonly #ofAfter = new Set<Value>();

  constructor(first: Made, count: number) {
    this.#count = count;
    this.#matrix = first.node.inputs[0]!;
    this.#join(first);
  }

  /** False where the run ends, at a large node that is independent of the run: the node keeps its place. */
  add(made: Made): boolean {
    const needs = (values: ReadonlySet<Value>) => made.node.inputs.some((input) => values.has(input));
    const needsAfter = needs(this.#ofAfter);
    if (!needs(this.#ofMembers) && !needsAfter) {
      if (largestOf(made) > this.#matrix.shape[0]!) return false;
      this.#before.push(made);
    } else if (!needsAfter && this.#takes(made)) this.#join(made);
    else {
      this.#after.push(made);
      for (const value of made.values) this.#ofAfter.add(value);
    }
    return true;
  }

  parts(): (Made | RowBlocks)[] {
    const members =
      this.#members.length > 1 ? [{ count: this.#count, members: this.#members }] : this.#members;
    return [...this.#before, ...members, ...this.#after];
  }

  #takes(made: Made): boolean {
    const result = made.values[0]!;
    const { shape } = this.#matrix;
    const fits = result.shape[0] === shape[0] && sizeOf(result.shape) <= sizeOf(shape);
    const whole = made.node.inputs.filter((input) => !isCut(input, result));
    return fits && isRowWise(made) && !whole.some((input) => this.#ofMembers.has(input));
  }

  #join(made: Made): void {
    this.#members.push(made);
    for (const value of made.values) this.#ofMembers.add(value);
  }
}

function isRowWise({ node, values }: Made): boolean {
  const { op, inputs, attributes } = node;
  if (ELEMENT_WISE.has(op) || isRowReduction(node)) return true;
  const isAlong = ALONG_AXIS.has(op) && (attributes['axis'] as number) > 0;
  return isAlong && inputs.every((input) => isCut(input, values[0]!));
}

/** Whether a node is a reduction of `reduceRows`: over the last of several axes, which stays with length 1. */
function isRowReduction({ op, inputs, attributes }: GraphNode): boolean {
  return op.startsWith('Reduce') && attributes['keepdims'] === 1 && inputs[0]!.shape.length > 1;
}

/** Elements of the largest input or output of a node. */
function largestOf({ node, values }: Made): number {
  return Math.max(...[...node.inputs, ...values].map(({ shape }) => sizeOf(shape)));
}

/**
 * The number of parts of a matrix, a divisor of its number of rows. It is 1 for a small matrix, and where the next
 * divisor would make parts too small.
 */
function partsOf(shape: Shape): number {
  const size = sizeOf(shape);
  if (size < LARGE) return 1;
  const rows = shape[0]!;
  let count = Math.min(rows, Math.ceil(size / LARGEST_PART));
  while (rows % count !== 0) count++;
  return size / count < SMALLEST_PART ? 1 : count;
}
