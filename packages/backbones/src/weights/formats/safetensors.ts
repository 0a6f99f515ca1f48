/**
 * Safetensors files (github.com/huggingface/safetensors, README, "Format"): eight bytes of length, a JSON header with the
 * type, shape and place of each tensor, then the values.
 *
 * The format promises that every byte of the file belongs to the header or a tensor. Opening a file checks this before
 * any value is read. The header has at most 100 MB, as in the reference implementation. The tensors cover all bytes
 * without overlap or hole. Each tensor has the number of bytes that its shape and type need.
 */
import { stat } from 'node:fs/promises';
import type { HostTensors } from '@clce/engine';
import { writeFile } from '@clce/files';
import { type StoredTensor, type WeightFile, WeightFileError, type WeightFileFault } from '../weight-file.ts';
import { decodeElements, ELEMENT_BYTES } from './elements.ts';
import { readRange } from './file-range.ts';

const LARGEST_HEADER = 100_000_000;
const LENGTH_BYTES = 8;

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** @throws WeightFileError that names the file, the tensor and the broken rule */
export async function openSafetensors(path: string): Promise<WeightFile> {
  const fail = (what: string, fault: WeightFileFault) =>
    new WeightFileError(`${path}: ${what}; the file is damaged or hostile, get it again`, fault);
  const { size } = await stat(path);
  if (size < LENGTH_BYTES) throw fail(`${size} bytes are too few for a safetensors file`, 'corrupt');
  const lengthBytes = await readRange(path, 0, LENGTH_BYTES);
  const length = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (length > LARGEST_HEADER) {
    throw fail(`the header claims ${length} bytes, more than ${LARGEST_HEADER}`, 'too-large');
  }
  const start = LENGTH_BYTES + length;
  if (start > size) throw fail(`the header claims ${length} bytes of a file of ${size}`, 'corrupt');

  const header = parseHeader(await readRange(path, LENGTH_BYTES, start), fail);
  const entries = [...header]
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => entryOf(name, value, fail))
    .sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of entries) {
    if (from < end) throw fail(`tensor ${name} begins at ${from}, inside the tensor before it`, 'offsets');
    if (from > end)
      throw fail(`bytes ${end} to ${from} before tensor ${name} belong to no tensor`, 'offsets');
    end = to;
  }
  if (start + end !== size) {
    const what =
      start + end > size
        ? `the tensors end at byte ${start + end} of a file of ${size}`
        : `${size - start - end} bytes after the last tensor belong to no tensor`;
    throw fail(what, 'offsets');
  }
  return {
    path,
    format: 'safetensors',
    metadata: metadataOf(header.get('__metadata__') ?? {}, fail),
    tensors: new Map(entries.map((entry) => [entry.name, stored(path, start, entry)])),
  };
}

function stored(path: string, start: number, { name, dtype, shape, from, to }: Entry): StoredTensor {
  return {
    dtype,
    shape,
    read: async () =>
      decodeElements(dtype, shape, await readRange(path, start + from, start + to), `${path}, ${name}`),
  };
}

type Fail = (what: string, fault: WeightFileFault) => WeightFileError;

function parseHeader(bytes: Uint8Array, fail: Fail): Map<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw fail('the header is no JSON', 'corrupt');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw fail('the header is no JSON object', 'corrupt');
  }
  return new Map(Object.entries(header));
}

function metadataOf(value: unknown, fail: Fail): Readonly<Record<string, string>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
  const texts = entries?.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  if (texts === undefined || texts.length !== entries?.length) {
    throw fail('__metadata__ is no object of texts', 'corrupt');
  }
  return Object.fromEntries(texts);
}

function entryOf(name: string, value: unknown, fail: Fail): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const width = typeof dtype === 'string' ? ELEMENT_BYTES.get(dtype) : undefined;
  if (typeof dtype !== 'string' || width === undefined) {
    throw fail(`tensor ${name} has the unknown type ${JSON.stringify(dtype)}`, 'dtype');
  }
  if (!areCounts(shape)) throw fail(`tensor ${name} has the shape ${JSON.stringify(shape)}`, 'shape');
  if (!areCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw fail(`tensor ${name} has the offsets ${JSON.stringify(offsets)}`, 'offsets');
  }
  const [from, to] = offsets as readonly [number, number];
  const bytes = shape.reduce((product, length) => product * length, width);
  if (bytes !== to - from) {
    throw fail(`tensor ${name} of ${dtype} [${shape}] needs ${bytes} bytes and has ${to - from}`, 'shape');
  }
  return { name, dtype, shape, from, to };
}

function areCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

const WRITTEN: Readonly<Record<string, string>> = { float32: 'F32', int32: 'I32' };

/**
 * Writes float32 and int32 tensors to a file. A failure leaves no partial file.
 *
 * @param metadata text entries of the header
 * @throws FileWriteError
 */
export async function saveSafetensors(
  path: string,
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
    const written = WRITTEN[dtype];
    if (written === undefined) throw new TypeError(`${name} is of type ${dtype}; expected float32 or int32`);
    const from = end;
    end += data.byteLength;
    return [name, { dtype: written, shape, data_offsets: [from, end] }] as const;
  });
  const header = JSON.stringify({
    __metadata__: { format: 'pt', ...metadata },
    ...Object.fromEntries(entries),
  });
  // Like the reference implementation, pad the header with spaces to a multiple of eight, which aligns the values.
  const text = Buffer.from(header.padEnd(header.length + ((8 - (Buffer.byteLength(header) % 8)) % 8)));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(text.length));
  const values = Object.values(tensors).map(
    ({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
  await writeFile(path, [length, text, ...values]);
}
