/**
 * PyTorch's `.pth` and `.pt` files, as `torch.save` has written them since 1.6. A file is a zip archive of stored (not
 * compressed) entries: `data.pkl` holds the structure, `data/KEY` the bytes of each storage (torch/serialization.py,
 * torch/_utils.py). The pickle is read as data, with a vocabulary of tensors and dictionaries; nothing in it is run.
 *
 * Several tensors may view one storage, with any strides. The state dictionary is the file's value or one of its entries
 * (`model`, `state_dict` and the like).
 */
import { stat } from 'node:fs/promises';
import { type HostTensor, strided } from '@clce/engine';
import { Constructed, type Corrupt, type Item, Name, type PickleValue, readPickle, text } from '@clce/pickle';
import * as yauzl from 'yauzl';
import { type StoredTensor, type WeightFile, WeightFileError, type WeightFileFault } from '../weight-file.ts';
import { decodeElements, ELEMENT_BYTES } from './elements.ts';
import { readRange } from './file-range.ts';

/** Limit for entries of the archive; a model of a few hundred layers has thousands. */
const MOST_ENTRIES = 100_000;
/** Limit for bytes of the pickle. It holds names and shapes only; the largest published one has a few hundred kilobytes. */
const LARGEST_PICKLE = 2 ** 26;
const ZIP_MAGIC = 0x04034b50;

/** Element type of each storage class that a pickle names. */
const STORAGES: Readonly<Record<string, string>> = {
  'torch DoubleStorage': 'F64',
  'torch FloatStorage': 'F32',
  'torch HalfStorage': 'F16',
  'torch BFloat16Storage': 'BF16',
  'torch LongStorage': 'I64',
  'torch IntStorage': 'I32',
  'torch ShortStorage': 'I16',
  'torch CharStorage': 'I8',
  'torch ByteStorage': 'U8',
  'torch BoolStorage': 'BOOL',
};

/** Entries in which a file may keep its state dictionary, most specific first. */
const WRAPPERS = ['state_dict', 'model', 'module', 'model_state_dict', 'model_ema', 'state_dict_ema'];

interface Range {
  readonly from: number;
  readonly to: number;
}

/** @throws WeightFileError that names the file, the tensor and the fault */
export async function openPth(path: string): Promise<WeightFile> {
  const fail = (what: string, fault: WeightFileFault, cause?: unknown) =>
    new WeightFileError(`${path}: ${what}`, fault, { cause });
  const entries = await entriesOf(path, fail);
  const name = [...entries.keys()].find((entry) => /^[^/]+\/data\.pkl$/.test(entry));
  if (name === undefined) throw fail('there is no data.pkl in it: torch.save did not write it', 'format');
  const range = entries.get(name)!;
  if (range.to - range.from > LARGEST_PICKLE) {
    throw fail(`its data.pkl has ${range.to - range.from} bytes, more than ${LARGEST_PICKLE}`, 'too-large');
  }
  const root = name.slice(0, -'data.pkl'.length);
  const order = entries.get(`${root}byteorder`);
  const big = order && Buffer.from(await readRange(path, order.from, order.to)).toString() === 'big';
  if (big) throw fail('its numbers are big-endian; save it again on a common machine', 'dtype');
  const storage = (key: string): Range | undefined => entries.get(`${root}data/${key}`);
  const value = await readPickle<PickledTensor>(path, {
    range,
    fail: (message, fault) => new WeightFileError(message, fault),
    vocabulary: {
      calls: {
        'torch._utils _rebuild_tensor_v2': rebuildTensor,
        'torch._utils _rebuild_parameter': ([tensor], corrupt) => viewOf(tensor, corrupt),
      },
      names: new Set(Object.keys(STORAGES)),
      persistent: (id, corrupt) => storageOf(id, storage, corrupt),
    },
  });
  const tensors = new Map<string, StoredTensor>();
  for (const [key, entry] of stateDictionary(value, fail)) {
    if (typeof key === 'string' && isTensor(entry)) tensors.set(key, storedTensor(path, key, entry));
  }
  return { path, format: 'pth', tensors };
}

/** A tensor as the pickle describes it: a view of a storage. */
interface PickledTensor {
  readonly kind: 'tensor';
  readonly dtype: string;
  readonly bytes: Range;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

class Storage extends Constructed<never> {
  readonly dtype: string;
  readonly bytes: Range;
  constructor(dtype: string, bytes: Range) {
    super();
    this.dtype = dtype;
    this.bytes = bytes;
  }
  get elements(): number {
    return (this.bytes.to - this.bytes.from) / ELEMENT_BYTES.get(this.dtype)!;
  }
  finish(corrupt: Corrupt): never {
    throw corrupt('found a storage, expected a tensor');
  }
}

class TensorView extends Constructed<PickledTensor> {
  readonly #tensor: PickledTensor;
  constructor(tensor: PickledTensor) {
    super();
    this.#tensor = tensor;
  }
  finish(): PickledTensor {
    return this.#tensor;
  }
}

/** `('storage', class, key, location, elements)`. */
function storageOf(id: Item, find: (key: string) => Range | undefined, corrupt: Corrupt): Storage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : [];
  const dtype = type instanceof Name ? STORAGES[type.name] : undefined;
  if (kind !== 'storage' || dtype === undefined) throw corrupt('a persistent id is no storage');
  const bytes = find(text(key, corrupt));
  if (bytes === undefined) throw corrupt(`there is no storage ${key} in the archive`);
  const expected = Number(count) * ELEMENT_BYTES.get(dtype)!;
  if (bytes.to - bytes.from !== expected) {
    throw corrupt(`storage ${key} has ${bytes.to - bytes.from} bytes and should have ${expected}`);
  }
  return new Storage(dtype, bytes);
}

/** `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`. */
function rebuildTensor([storage, offset, shape, strides]: readonly Item[], corrupt: Corrupt): TensorView {
  const isCount = (item: Item | undefined): item is number =>
    typeof item === 'number' && Number.isSafeInteger(item) && item >= 0;
  const areCounts = (items: Item | undefined): items is number[] =>
    Array.isArray(items) && items.every(isCount);
  if (!(storage instanceof Storage) || !isCount(offset) || !areCounts(shape) || !areCounts(strides)) {
    throw corrupt('a tensor is not made of a storage, an offset, a shape and strides');
  }
  const elements = shape.reduce((product, side) => product * side, 1);
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * (strides[axis] ?? Number.NaN), offset);
  // A view with more elements than its storage repeats elements, and a hostile file could make it arbitrarily large.
  const fits = elements <= storage.elements && (elements === 0 || last < storage.elements);
  if (strides.length !== shape.length || !fits) {
    throw corrupt(
      `a tensor [${shape}] with strides [${strides}] from ${offset} does not fit its storage of ${storage.elements}`,
    );
  }
  const { dtype, bytes } = storage;
  return new TensorView({ kind: 'tensor', dtype, bytes, offset, shape, strides });
}

function viewOf(item: Item | undefined, corrupt: Corrupt): TensorView {
  if (item instanceof TensorView) return item;
  throw corrupt('a parameter is no tensor');
}

type Value = PickleValue<PickledTensor>;

function isTensor(value: Value): value is PickledTensor {
  return value !== null && typeof value === 'object' && 'kind' in value && value.kind === 'tensor';
}

/** The dictionary of tensors: the value itself, or the entry of a usual wrapper. */
function stateDictionary(
  value: Value,
  fail: (what: string, fault: WeightFileFault) => WeightFileError,
): Map<Value, Value> {
  if (value instanceof Map) {
    if ([...value.values()].some(isTensor)) return value;
    for (const wrapper of WRAPPERS) {
      const inner = value.get(wrapper);
      if (inner instanceof Map) return stateDictionary(inner, fail);
    }
  }
  throw fail(`it holds no dictionary of tensors, nor one in ${WRAPPERS.join(', ')}`, 'mismatch');
}

function storedTensor(path: string, name: string, tensor: PickledTensor): StoredTensor {
  const { dtype, bytes, offset, shape, strides } = tensor;
  return {
    dtype,
    shape,
    async read(): Promise<HostTensor> {
      const width = ELEMENT_BYTES.get(dtype)!;
      const count = shape.reduce((product, side) => product * side, 1);
      const span =
        count === 0 ? 0 : 1 + shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis]!, 0);
      const from = bytes.from + offset * width;
      const raw = await readRange(path, from, from + span * width);
      const flat = decodeElements(dtype, [span], raw, `${path}, tensor ${name}`);
      return strided(flat, shape, strides);
    },
  };
}

/** The byte range of each entry. @throws WeightFileError where an entry is compressed or its size is false */
async function entriesOf(
  path: string,
  fail: (what: string, fault: WeightFileFault, cause?: unknown) => WeightFileError,
): Promise<Map<string, Range>> {
  const { size } = await stat(path);
  const magic = size < 4 ? 0 : new DataView((await readRange(path, 0, 4)).buffer).getUint32(0, true);
  if (magic !== ZIP_MAGIC) {
    throw fail('no zip archive; PyTorch before 1.6 wrote another format: load and save it again', 'format');
  }
  const entries = new Map<string, Range>();
  const zip = await opened(path, fail);
  try {
    for await (const entry of zip.eachEntry()) {
      const { fileName, compressionMethod, compressedSize, uncompressedSize } = entry;
      if (entries.size >= MOST_ENTRIES) throw fail(`it has more than ${MOST_ENTRIES} entries`, 'too-large');
      if (entries.has(fileName)) throw fail(`entry ${fileName} is there twice`, 'corrupt');
      if (compressionMethod !== 0 || compressedSize !== uncompressedSize) {
        throw fail(`entry ${fileName} is compressed, which torch.save never does`, 'too-large');
      }
      const { fileDataStart: from } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      if (from + compressedSize > size) throw fail(`entry ${fileName} ends beyond the file`, 'offsets');
      entries.set(fileName, { from, to: from + compressedSize });
    }
  } catch (error) {
    if (error instanceof WeightFileError) throw error;
    throw fail(`the archive is damaged: ${error instanceof Error ? error.message : error}`, 'corrupt', error);
  } finally {
    zip.close();
  }
  return entries;
}

async function opened(
  path: string,
  fail: (what: string, fault: WeightFileFault, cause?: unknown) => WeightFileError,
): Promise<yauzl.ZipFile> {
  try {
    return await yauzl.openPromise(path, {
      autoClose: false,
      strictFileNames: true,
      validateEntrySizes: true,
    });
  } catch (error) {
    throw fail(`the archive is damaged: ${error instanceof Error ? error.message : error}`, 'corrupt', error);
  }
}
