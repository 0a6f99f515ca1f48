/** A graph as an ONNX file. */
import { type Shape, sameShape, zeros } from '../host-tensor.ts';
import type { Graph, GraphNode, OutputSpec, Value } from './graph.ts';
import { encodeModel, type OnnxNode, type OnnxTensor, type OnnxValue } from './onnx-proto.ts';
import { inRowBlocks, isCut, type Made, type RowBlocks } from './row-blocks.ts';

export interface EncodedGraph {
  /** Names of the inputs that some output depends on. A run must feed no others. */
  readonly usedInputs: readonly string[];
  readonly nodeCount: number;
  /** The nodes that some output depends on, each with its first output. */
  readonly nodes: readonly (readonly [node: GraphNode, output: OutputSpec])[];
  /** The shape of each output in the file. Outputs of a run in row blocks have a leading axis of blocks. */
  readonly writtenShapes: ReadonlyMap<string, Shape>;
  readonly bytes: Uint8Array;
}

export interface EncodeOptions {
  /** Whether a large log-softmax and the row-wise operators after it run in blocks (row-blocks.ts). */
  readonly rowBlocks?: boolean;
  /** Whether the file's first output is {@link NO_TENSOR}, a list that carries no information (host-state.ts). */
  readonly beginsWithList?: boolean;
}

/** Name of the output that is a list. */
export const NO_TENSOR = 'no tensor';

/**
 * The graph that computes `outputs` from `inputs`. Nodes that no output needs are left out.
 *
 * Nodes keep the order in which they were made. Where ONNX Runtime may choose, it runs the last node of the file first.
 * So it updates a parameter as soon as it has the gradient, and computes a loss in blocks one block at a time. In another
 * order all gradients, or all blocks, would be in memory at once.
 */
export function encode(
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  outputs: ReadonlyMap<string, Value>,
  { rowBlocks = false, beginsWithList = false }: EncodeOptions = {},
): EncodedGraph {
  const needed = makersOf(outputs.values());
  const made = [...graph.made()].filter(([first]) => needed.has(makerOf(first!)));
  const nodes = made.flatMap((values): Made[] => {
    const { origin } = values[0]!;
    return origin.kind === 'node' ? [{ node: origin.node, values }] : [];
  });
  const writer = new NodeWriter(inputs, outputs, nodes);
  for (const part of rowBlocks ? inRowBlocks(nodes) : nodes) writer.add(part);
  writer.addAliases();
  if (beginsWithList) writer.addList();
  const used = [...inputs].filter(([, value]) => needed.has(value));
  return {
    usedInputs: used.map(([name]) => name),
    nodeCount: writer.nodes.length,
    nodes: nodes.map(({ node, values }) => [node, values[0]!] as const),
    writtenShapes: writer.writtenShapes,
    bytes: encodeModel({
      nodes: writer.nodes,
      initializers: [
        ...made.flatMap(([first]) => (first!.origin.kind === 'node' ? [] : [initializer(first!)])),
        ...writer.initializers,
      ],
      inputs: used.map(([name, value]) => described(name, value)),
      outputs: [
        ...(beginsWithList ? [{ name: NO_TENSOR, type: 'float32', shape: [], isList: true } as const] : []),
        ...[...outputs].map(([name, { dtype }]) =>
          described(name, { dtype, shape: writer.writtenShapes.get(name)! }),
        ),
      ],
    }),
  };
}

/** Writes the graph's nodes as nodes of the file. */
class NodeWriter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly writtenShapes: Map<string, Shape>;
  readonly #users = new Map<Value, Made[]>();
  readonly #outputNames = new Map<Value, string[]>();
  /** Names of inputs and outputs. Any other value keeps its own name. */
  readonly #names: Map<Value, string>;

  constructor(
    inputs: ReadonlyMap<string, Value>,
    outputs: ReadonlyMap<string, Value>,
    nodes: readonly Made[],
  ) {
    for (const made of nodes) for (const input of made.node.inputs) append(this.#users, input, made);
    for (const [name, value] of outputs) append(this.#outputNames, value, name);
    this.writtenShapes = new Map([...outputs].map(([name, { shape }]) => [name, shape]));
    this.#names = new Map([...inputs].map(([name, value]) => [value, name]));
    for (const [value, [name]] of this.#outputNames) {
      if (value.origin.kind === 'node' && !this.#names.has(value)) this.#names.set(value, name!);
    }
  }

  add(part: Made | RowBlocks): void {
    if ('members' in part) this.#addScan(part);
    else this.nodes.push(written(part, this.#nameOf, this.#nameOf));
  }

  /** Adds an Identity for each output that is an input, and for each further name of an output. */
  addAliases(): void {
    for (const [value, names] of this.#outputNames) {
      for (const name of names) {
        const isInBlocks = !sameShape(this.writtenShapes.get(name)!, value.shape);
        if (this.#nameOf(value) === name || isInBlocks) continue;
        this.nodes.push({ op: 'Identity', inputs: [this.#nameOf(value)], outputs: [name], attributes: {} });
      }
    }
  }

  addList(): void {
    const item = `in ${NO_TENSOR}`;
    this.initializers.push({ name: item, shape: [], type: 'float32', bytes: new Uint8Array(4) });
    this.nodes.push({ op: 'SequenceConstruct', inputs: [item], outputs: [NO_TENSOR], attributes: {} });
  }

  readonly #nameOf = (value: Value) => this.#names.get(value) ?? value.name;

  /** Adds a Scan. Its inputs and outputs are arrays [rows, …] reshaped to [count, rows / count, …]. */
  #addScan({ count, members }: RowBlocks): void {
    const scan = `scan${this.nodes.length}`;
    const inner = (value: Value) => `${scan}/${value.name}`;
    const stacked = (value: Value) => `${inner(value)} in blocks`;
    const block = ({ shape }: Value) => shape.with(0, shape[0]! / count);
    const port = (value: Value) => described(inner(value), { shape: block(value), dtype: value.dtype });

    const own = new Set(members.flatMap(({ values }) => values));
    const cut = members.flatMap(({ node, values }) =>
      node.inputs.filter((input) => !own.has(input) && isCut(input, values[0]!)),
    );
    const begins = [...new Set(cut)];
    const ends = [...own].filter((value) => this.#outputNames.has(value) || this.#isUsedOutside(value, own));
    const nodes = members.map((member) => {
      const isInner = (operand: Value) => own.has(operand) || isCut(operand, member.values[0]!);
      return written(member, (operand) => (isInner(operand) ? inner(operand) : this.#nameOf(operand)), inner);
    });

    for (const value of begins) {
      this.#addReshape(this.#nameOf(value), stacked(value), [count, ...block(value)]);
    }
    this.nodes.push({
      op: 'Scan',
      inputs: begins.map(stacked),
      outputs: ends.map((value) => this.#outputNames.get(value)?.[0] ?? stacked(value)),
      attributes: {
        body: { graph: { nodes, initializers: [], inputs: begins.map(port), outputs: ends.map(port) } },
        num_scan_inputs: begins.length,
      },
    });
    for (const value of ends) {
      const [output, ...more] = this.#outputNames.get(value) ?? [];
      if (output !== undefined) {
        this.writtenShapes.set(output, [count, ...block(value)]);
        this.#names.delete(value);
      }
      if (more.length > 0 || this.#isUsedOutside(value, own)) {
        this.#addReshape(output ?? stacked(value), value.name, value.shape);
      }
    }
  }

  #isUsedOutside(value: Value, own: ReadonlySet<Value>): boolean {
    return this.#users.get(value)?.some(({ values }) => !own.has(values[0]!)) ?? false;
  }

  #addReshape(from: string, to: string, shape: Shape): void {
    const wanted = `${to} shape`;
    const bytes = new Uint8Array(BigInt64Array.from(shape, BigInt).buffer);
    this.initializers.push({ name: wanted, shape: [shape.length], type: 'int64', bytes });
    this.nodes.push({ op: 'Reshape', inputs: [from, wanted], outputs: [to], attributes: {} });
  }
}

function append<Key, Item>(lists: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function written(
  { node: { op, inputs, attributes }, values }: Made,
  nameOfInput: (value: Value) => string,
  nameOfOutput: (value: Value) => string,
): OnnxNode {
  return { op, inputs: inputs.map(nameOfInput), outputs: values.map(nameOfOutput), attributes };
}

function described(name: string, { shape, dtype }: OutputSpec): OnnxValue {
  return { name, shape, type: dtype };
}

/** The maker of a value: its node, which may make several values, or the value itself where it has no node. */
function makerOf(value: Value): Value | GraphNode {
  return value.origin.kind === 'node' ? value.origin.node : value;
}

/** The makers of the given values and of all values that they depend on. */
function makersOf(values: Iterable<Value>): Set<Value | GraphNode> {
  // No recursion: a deep network's graph is deeper than the stack.
  const pending = [...values];
  const makers = new Set<Value | GraphNode>();
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const maker = makerOf(value);
    if (makers.has(maker)) continue;
    makers.add(maker);
    if (value.origin.kind === 'node') pending.push(...value.origin.node.inputs);
  }
  return makers;
}

function initializer({ name, shape, dtype, origin }: Value): OnnxTensor {
  if (origin.kind === 'constant') return { name, shape, type: origin.type, bytes: origin.bytes };
  if (origin.kind !== 'fill') throw new TypeError(`${name} is no constant`);
  const data = zeros({ shape, dtype }).data.fill(origin.value);
  return { name, shape, type: dtype, bytes: new Uint8Array(data.buffer) };
}
