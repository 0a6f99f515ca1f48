/**
 * Weights of TensorFlow Lite models (tensorflow/lite/schema/schema.fbs, version 3): the tensors of all subgraphs that have
 * values in the file. A flatbuffer is a web of offsets, so the whole file is read, up to a limit. Values are decoded on
 * demand.
 */
import { stat } from 'node:fs/promises';
import { type StoredTensor, type WeightFile, WeightFileError, type WeightFileFault } from '../weight-file.ts';
import { decodeElements, ELEMENT_BYTES } from './elements.ts';
import { readRange } from './file-range.ts';
import { FlatBufferFault, FlatTable } from './flatbuffer.ts';

/** A flatbuffer's offsets reach 2 GiB; image models converted for phones have a few hundred megabytes. */
const LARGEST_FILE = 2 ** 29;
const IDENTIFIER = 'TFL3';

/** Fields of the schema's tables, numbered by position. */
const MODEL = { version: 0, subgraphs: 2, buffers: 4 };
const SUBGRAPH = { tensors: 0 };
const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3, sparsity: 6 };
const BUFFER = { data: 0 };

/** `TensorType` of the schema; weights use no other types. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'I32'],
  [3, 'U8'],
  [4, 'I64'],
  [7, 'I16'],
  [9, 'I8'],
  [10, 'F64'],
]);

/**
 * @param range bytes of the file that hold the model; by default the whole file
 * @throws WeightFileError that names the file, the tensor and the fault
 */
export async function openTflite(
  path: string,
  range?: { readonly from: number; readonly to: number },
): Promise<WeightFile> {
  const fail = (what: string, fault: WeightFileFault, cause?: unknown) =>
    new WeightFileError(`${path}: ${what}; the file is damaged or hostile, get it again`, fault, { cause });
  const { from, to } = range ?? { from: 0, to: (await stat(path)).size };
  if (to - from > LARGEST_FILE) {
    throw fail(`${to - from} bytes exceed the limit of ${LARGEST_FILE}`, 'too-large');
  }
  const bytes = await readRange(path, from, to);
  if (Buffer.from(bytes.subarray(4, 8)).toString('latin1') !== IDENTIFIER) {
    throw fail(`bytes 4 to 8 are not ${IDENTIFIER}`, 'format');
  }
  try {
    return { path, format: 'tflite', tensors: tensorsOf(path, FlatTable.root(bytes), fail) };
  } catch (error) {
    if (error instanceof FlatBufferFault) throw fail(error.message, 'offsets', error);
    throw error;
  }
}

function tensorsOf(
  path: string,
  model: FlatTable,
  fail: (what: string, fault: WeightFileFault) => WeightFileError,
): Map<string, StoredTensor> {
  const version = model.uint32(MODEL.version, 0);
  if (version !== 3) throw fail(`the schema's version is ${version}, not 3`, 'format');
  const buffers = model.tables(MODEL.buffers);
  const tensors = new Map<string, StoredTensor>();
  for (const graph of model.tables(MODEL.subgraphs)) {
    for (const tensor of graph.tables(SUBGRAPH.tensors)) {
      const name = tensor.string(TENSOR.name);
      const index = tensor.uint32(TENSOR.buffer, 0);
      const buffer = buffers[index];
      if (buffer === undefined) {
        throw fail(`tensor ${name} is in buffer ${index} of ${buffers.length}`, 'offsets');
      }
      const data = buffer.bytes(BUFFER.data);
      // A computed tensor has an empty buffer. No backbone has weights that are sparse or have no name.
      if (data.length === 0 || name === '' || tensor.has(TENSOR.sparsity)) continue;
      if (tensors.has(name)) throw fail(`two tensors are called ${name}`, 'corrupt');
      const dtype = TYPES.get(tensor.uint8(TENSOR.type, 0));
      if (dtype === undefined) continue;
      const shape = tensor.int32s(TENSOR.shape);
      const width = ELEMENT_BYTES.get(dtype)!;
      const needed = shape.reduce((product, side) => product * side, width);
      if (shape.some((side) => side < 0) || needed !== data.length) {
        throw fail(
          `tensor ${name} of shape [${shape}] needs ${needed} bytes and has ${data.length}`,
          'shape',
        );
      }
      const read = async () => decodeElements(dtype, shape, data, `${path}, tensor ${name}`);
      tensors.set(name, { dtype, shape, read });
    }
  }
  return tensors;
}
