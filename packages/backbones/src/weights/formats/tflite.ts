/**
 * Weights of TensorFlow Lite models (tensorflow/lite/schema/schema.fbs, version 3): the tensors of all subgraphs whose
 * values are in the file. A flatbuffer is a web of offsets, so the file is read as a whole, up to a limit; values are
 * decoded when they are wanted.
 */
import { stat } from 'node:fs/promises';
import { type StoredTensor, type WeightFile, WeightFileError, type WeightFileFault } from '../weight-file.ts';
import { decodeElements, ELEMENT_BYTES } from './elements.ts';
import { readRange } from './file-range.ts';
import { FlatBufferFault, FlatTable } from './flatbuffer.ts';

/** A flatbuffer's offsets reach 2 GiB; image models that are converted for phones have a few hundred megabytes. */
const LARGEST_FILE = 2 ** 29;
const IDENTIFIER = 'TFL3';

/** Fields of the schema's tables, by their place in it. */
const MODEL = { version: 0, subgraphs: 2, buffers: 4 };
const SUBGRAPH = { tensors: 0 };
const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3, sparsity: 6 };
const BUFFER = { data: 0 };

/** `TensorType` of the schema; the others are no numbers that weights have. */
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
 * @param range where in the file the model lies; all of it without one
 * @throws WeightFileError naming the file, the tensor and what is wrong
 */
export async function openTflite(
  path: string,
  range?: { readonly from: number; readonly to: number },
): Promise<WeightFile> {
  const fail = (what: string, fault: WeightFileFault, cause?: unknown) =>
    new WeightFileError(`${path}: ${what}; the file is damaged or hostile, get it again`, fault, { cause });
  const { from, to } = range ?? { from: 0, to: (await stat(path)).size };
  if (to - from > LARGEST_FILE) {
    throw fail(`${to - from} bytes are more than the ${LARGEST_FILE} that are read`, 'too-large');
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
      // Values that are computed have an empty buffer; those without a name, or sparse, are no backbone's.
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
