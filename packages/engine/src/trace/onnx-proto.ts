/**
 * The part of ONNX's file format that a training graph needs, as protobuf messages.
 *
 * Field numbers are those of onnx.proto3 (github.com/onnx/onnx, IR version 8); protobufjs does the encoding.
 */
import protobuf from 'protobufjs';

const schema = protobuf
  .parse(
    `
  syntax = "proto3";
  message AttributeProto {
    string name = 1; float f = 2; int64 i = 3; bytes s = 4; GraphProto g = 6; repeated float floats = 7;
    repeated int64 ints = 8; int32 type = 20;
  }
  message NodeProto {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated AttributeProto attribute = 5; string domain = 7;
  }
  message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message Dimension { int64 dim_value = 1; }
  message TensorShapeProto { repeated Dimension dim = 1; }
  message TypeProtoTensor { int32 elem_type = 1; TensorShapeProto shape = 2; }
  message TypeProtoSequence { TypeProto elem_type = 1; }
  message TypeProto { TypeProtoTensor tensor_type = 1; TypeProtoSequence sequence_type = 4; }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
  }
  message OperatorSetIdProto { string domain = 1; int64 version = 2; }
  message ModelProto {
    int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
  }
`,
    { keepCase: true },
  )
  .root.lookupType('ModelProto');

/** The oldest opset that has LayerNormalization: tools of onnx 1.12 (2022) and later read the files. */
const OPSET_VERSION = 17;
const IR_VERSION = 8;

/** TensorProto.DataType. */
const DATA_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9, float64: 11 } as const;
export type OnnxType = keyof typeof DATA_TYPES;

/** An attribute: an integer, a list of integers, `{ float }` (JavaScript cannot tell 1 from 1.0) or a graph. */
export type Attribute =
  | number
  | readonly number[]
  | { readonly float: number }
  | { readonly graph: OnnxGraph };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Little-endian values. */
  readonly bytes: Uint8Array;
}

export interface OnnxValue extends Omit<OnnxTensor, 'bytes'> {
  /** Whether the value is a list of such tensors. */
  readonly isList?: boolean;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** The graph as the bytes of a valid .onnx file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const model = {
    ir_version: IR_VERSION,
    producer_name: 'clce-bench',
    opset_import: [{ domain: '', version: OPSET_VERSION }],
    graph: graphMessage('step', graph),
  };
  return schema.encode(schema.fromObject(model)).finish();
}

function graphMessage(name: string, graph: OnnxGraph): object {
  return {
    name,
    node: graph.nodes.map((node, index) => ({
      input: node.inputs,
      output: node.outputs,
      name: `${node.op}_${index}`,
      op_type: node.op,
      attribute: Object.entries(node.attributes).map(attributeMessage),
    })),
    initializer: graph.initializers.map(({ name, type, shape, bytes }) => ({
      name,
      dims: shape,
      data_type: DATA_TYPES[type],
      raw_data: bytes,
    })),
    input: graph.inputs.map(valueMessage),
    output: graph.outputs.map(valueMessage),
  };
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, GRAPH 5, INTS 7. */
function attributeMessage([name, value]: [string, Attribute]): object {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  if ('float' in value) return { name, f: value.float, type: 1 };
  if ('graph' in value) return { name, g: graphMessage(name, value.graph), type: 5 };
  return { name, ints: value, type: 7 };
}

function valueMessage({ name, type, shape, isList = false }: OnnxValue): object {
  const dim = shape.map((length) => ({ dim_value: length }));
  const tensor = { tensor_type: { elem_type: DATA_TYPES[type], shape: { dim } } };
  return { name, type: isList ? { sequence_type: { elem_type: tensor } } : tensor };
}
