/**
 * Runs ONNX files from other sources unchanged.
 *
 * A file may keep its tensors in other files (`external_data`, onnx.proto3). ONNX Runtime reads any path that it finds
 * there. So a file with a path outside the model's own folder is refused before ONNX Runtime opens it.
 */
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import * as ort from 'onnxruntime-node';
import protobuf from 'protobufjs';
import { EngineError, firstLineOf } from '../errors.ts';
import type { HostTensor, HostTensors } from '../host-tensor.ts';
import { sameBits } from './same-bits.ts';

/** An input or output of a model. */
export interface OnnxPort {
  readonly name: string;
  /** ONNX Runtime's name of the type, such as `float32`. */
  readonly type: string;
  /** Lengths of the axes; a name for each length that the model leaves open. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly path: string;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** @throws EngineError that names the file, if the inputs do not fit the model */
  run(inputs: HostTensors, outputs: readonly string[]): Promise<HostTensors>;
  dispose(): Promise<void>;
}

/** The part of onnx.proto3 that can hold paths; the decoder skips all other fields. */
const schema = protobuf
  .parse(
    `
  syntax = "proto3";
  message StringStringEntryProto { string key = 1; string value = 2; }
  message TensorProto { string name = 8; repeated StringStringEntryProto external_data = 13; }
  message SparseTensorProto { TensorProto values = 1; TensorProto indices = 2; }
  message AttributeProto {
    TensorProto t = 5; GraphProto g = 6; repeated TensorProto tensors = 10; repeated GraphProto graphs = 11;
    SparseTensorProto sparse_tensor = 22; repeated SparseTensorProto sparse_tensors = 23;
  }
  message NodeProto { repeated AttributeProto attribute = 5; }
  message GraphProto {
    repeated NodeProto node = 1; repeated TensorProto initializer = 5;
    repeated SparseTensorProto sparse_initializer = 15;
  }
  message FunctionProto { repeated NodeProto node = 7; }
  message ModelProto { int64 ir_version = 1; GraphProto graph = 7; repeated FunctionProto functions = 25; }
`,
    { keepCase: true },
  )
  .root.lookupType('ModelProto');

/** Protobuf's limit for a message is 2 GiB. Larger models keep their tensors in other files. */
const LARGEST_FILE = 2 ** 31 - 1;
/** Limit for the depth of graphs nested in attributes; real models nest two or three deep. */
const DEEPEST = 100;

/**
 * @param threads within one operator; by default ONNX Runtime's own choice
 * @throws EngineError that names the file and the fault
 */
export async function openOnnxModel(
  path: string,
  { threads }: { readonly threads?: number } = {},
): Promise<OnnxModel> {
  await externalPaths(path);
  const session = await ort.InferenceSession.create(path, {
    ...sameBits,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    logSeverityLevel: 4,
  }).catch((error: unknown) => {
    throw new EngineError(`${path} is no model that ONNX Runtime can load: ${firstLineOf(error)}`, {
      cause: error,
    });
  });
  return {
    path,
    inputs: session.inputMetadata.map(portOf),
    outputs: session.outputMetadata.map(portOf),
    async run(inputs, outputs) {
      const feeds = Object.entries(inputs).map(([name, { dtype, data, shape }]) => [
        name,
        new ort.Tensor(dtype as 'float32', data as Float32Array, [...shape]),
      ]);
      const results = await session.run(Object.fromEntries(feeds), [...outputs]).catch((error: unknown) => {
        throw new EngineError(`${path} does not run: ${firstLineOf(error)}`, { cause: error });
      });
      return Object.fromEntries(outputs.map((name) => [name, floats(path, name, results[name]!)]));
    },
    dispose: () => session.release(),
  };
}

/**
 * The files in which the model keeps tensors, sorted, as paths that are relative to the model's folder.
 *
 * @throws EngineError where the file is no ONNX model or names a path outside its own folder
 */
export async function externalPaths(path: string): Promise<string[]> {
  const { size } = await stat(path);
  if (size > LARGEST_FILE) throw new EngineError(`${path} has ${size} bytes, more than a model can have`);
  let model: unknown;
  try {
    model = schema.decode(await readFile(path));
  } catch (error) {
    throw new EngineError(`${path} is no ONNX file: ${firstLineOf(error)}`, { cause: error });
  }
  const { graph, functions = [] } = model as Model;
  if (graph == null) throw new EngineError(`${path} is no ONNX file: it has no graph`);
  const found: string[] = [];
  const pending: { nodes: readonly Node[]; graph?: Graph; depth: number }[] = [
    { nodes: graph.node ?? [], graph, depth: 0 },
    ...functions.map(({ node = [] }) => ({ nodes: node, depth: 0 })),
  ];
  const add = (tensor: Tensor | null | undefined) => {
    for (const { key, value } of tensor?.external_data ?? []) if (key === 'location') found.push(value ?? '');
  };
  const addSparse = (tensor: Sparse | null | undefined) => {
    add(tensor?.values);
    add(tensor?.indices);
  };
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { nodes, graph: inner, depth } = next;
    if (depth > DEEPEST) throw new EngineError(`${path} nests graphs more than ${DEEPEST} deep`);
    inner?.initializer?.forEach(add);
    inner?.sparse_initializer?.forEach(addSparse);
    for (const attribute of nodes.flatMap((node) => node.attribute ?? [])) {
      add(attribute.t);
      attribute.tensors?.forEach(add);
      addSparse(attribute.sparse_tensor);
      attribute.sparse_tensors?.forEach(addSparse);
      const graphs = [attribute.g, ...(attribute.graphs ?? [])].filter((one) => one != null);
      for (const one of graphs) pending.push({ nodes: one.node ?? [], graph: one, depth: depth + 1 });
    }
  }
  const outside = found.find(leavesFolder);
  if (outside !== undefined) {
    throw new EngineError(
      `${path} keeps tensors in ${JSON.stringify(outside)}, outside its own folder; it is not opened`,
    );
  }
  return [...new Set(found)].sort();
}

interface Tensor {
  readonly external_data?: readonly { readonly key?: string; readonly value?: string }[];
}
interface Sparse {
  readonly values?: Tensor | null;
  readonly indices?: Tensor | null;
}
interface Attribute {
  readonly t?: Tensor | null;
  readonly g?: Graph | null;
  readonly tensors?: readonly Tensor[];
  readonly graphs?: readonly Graph[];
  readonly sparse_tensor?: Sparse | null;
  readonly sparse_tensors?: readonly Sparse[];
}
interface Node {
  readonly attribute?: readonly Attribute[];
}
interface Graph {
  readonly node?: readonly Node[];
  readonly initializer?: readonly Tensor[];
  readonly sparse_initializer?: readonly Sparse[];
}
interface Model {
  readonly graph?: Graph | null;
  readonly functions?: readonly { readonly node?: readonly Node[] }[];
}

function leavesFolder(path: string): boolean {
  return isAbsolute(path) || /^[a-z]:/i.test(path) || path.split(/[/\\]/).includes('..') || path === '';
}

function portOf(port: ort.InferenceSession.ValueMetadata): OnnxPort {
  return port.isTensor
    ? { name: port.name, type: port.type, shape: port.shape }
    : { name: port.name, type: 'no tensor', shape: [] };
}

function floats(path: string, name: string, { type, data, dims }: ort.Tensor): HostTensor {
  if (type === 'float32') return { dtype: 'float32', shape: dims, data: data as Float32Array };
  throw new EngineError(`${path}: output ${name} is ${type}; features are float32`);
}
