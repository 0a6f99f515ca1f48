import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Builder } from 'flatbuffers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersMutations, mutationsTitle } from '../../testing/mutations.ts';
import { openWeightFile } from '../open-weights.ts';
import { WeightFileError } from '../weight-file.ts';
import { openTflite } from './tflite.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-tflite-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function raw(bytes: Uint8Array): string {
  const path = join(root, 'file.tflite');
  writeFileSync(path, bytes);
  return path;
}

interface TinyTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly buffer: number;
}

const FLOAT32 = 0;
const FLOAT16 = 1;
const STRING = 5;

/** A model of schema.fbs with one subgraph, by the library that writes such files. */
function model(
  tensors: readonly TinyTensor[],
  buffers: readonly Uint8Array[],
  { version = 3, id = 'TFL3' } = {},
) {
  const builder = new Builder(256);
  const table = (fields: number, fill: () => void) => {
    builder.startObject(fields);
    fill();
    return builder.endObject();
  };
  const vector = (offsets: readonly number[]) => {
    builder.startVector(4, offsets.length, 4);
    for (const offset of offsets.toReversed()) builder.addOffset(offset);
    return builder.endVector();
  };
  const tensorTables = tensors.map(({ name, shape, type, buffer }) => {
    const title = builder.createString(name);
    builder.startVector(4, shape.length, 4);
    for (const side of shape.toReversed()) builder.addInt32(side);
    const sides = builder.endVector();
    return table(10, () => {
      builder.addFieldOffset(0, sides, 0);
      builder.addFieldInt8(1, type, 0);
      builder.addFieldInt32(2, buffer, 0);
      builder.addFieldOffset(3, title, 0);
    });
  });
  const tensorVector = vector(tensorTables);
  const graph = table(5, () => builder.addFieldOffset(0, tensorVector, 0));
  const graphs = vector([graph]);
  const bufferTables = buffers.map((bytes) => {
    const data = bytes.length === 0 ? 0 : builder.createByteVector(bytes);
    return table(3, () => builder.addFieldOffset(0, data, 0));
  });
  const bufferVector = vector(bufferTables);
  const whole = table(8, () => {
    builder.addFieldInt32(0, version, 0);
    builder.addFieldOffset(2, graphs, 0);
    builder.addFieldOffset(4, bufferVector, 0);
  });
  builder.finish(whole, id);
  return builder.asUint8Array();
}

const NONE = new Uint8Array(0);
const FLOATS = Buffer.from(Float32Array.of(1.5, -2).buffer);
// 1 and -2 as IEEE 754 binary16.
const HALVES = Buffer.from(Uint16Array.of(0x3c00, 0xc000).buffer);
const single = { name: 'a', shape: [2], type: FLOAT32, buffer: 1 };
const valid = () =>
  model(
    [
      single,
      { name: 'b', shape: [1, 2], type: FLOAT16, buffer: 2 },
      { name: 'computed', shape: [2], type: FLOAT32, buffer: 0 },
      { name: 'text', shape: [2], type: STRING, buffer: 1 },
    ],
    [NONE, FLOATS, HALVES],
  );

describe('openTflite', () => {
  it('reads the tensors that have values in the file', async () => {
    const { tensors, format } = await openWeightFile(raw(valid()));
    expect(format).toBe('tflite');
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(await tensors.get('a')!.read()).toMatchObject({ shape: [2], data: Float32Array.of(1.5, -2) });
    expect(await tensors.get('b')!.read()).toMatchObject({ shape: [1, 2], data: Float32Array.of(1, -2) });
  });

  it('reads a model inside another file', async () => {
    const bytes = valid();
    const path = raw(Buffer.concat([Buffer.from('labels'), bytes]));
    const { tensors } = await openTflite(path, { from: 6, to: 6 + bytes.length });
    expect(Array.from((await tensors.get('a')!.read()).data)).toEqual([1.5, -2]);
  });

  const attacks: readonly [string, () => Uint8Array, string, RegExp][] = [
    ['another file', () => Buffer.from('something else'), 'format', /not TFL3/],
    ['another version', () => model([single], [NONE, FLOATS], { version: 2 }), 'format', /version is 2/],
    ['a root outside the file', () => patched(0, 0x7fffffff), 'offsets', /outside its/],
    ['a root before the file', () => patched(0, 0x80000000), 'offsets', /outside its/],
    ['a missing buffer', () => model([{ ...single, buffer: 9 }], [NONE, FLOATS]), 'offsets', /buffer 9 of 2/],
    [
      'a shape of another size than its bytes',
      () => model([{ ...single, shape: [3] }], [NONE, FLOATS]),
      'shape',
      /needs 12 bytes and has 8/,
    ],
    ['a negative side', () => model([{ ...single, shape: [-1, -2] }], [NONE, FLOATS]), 'shape', /\[-1,-2\]/],
    ['two tensors of one name', () => model([single, single], [NONE, FLOATS]), 'corrupt', /two tensors/],
    ['half of a file', () => valid().slice(0, 60), 'offsets', /outside its 60 bytes/],
  ];
  it.each(attacks)('refuses %s', async (_, make, fault, message) => {
    const error = await openTflite(raw(make())).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeightFileError);
    expect(error).toMatchObject({ fault, message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(join(root, 'file.tflite'));
  });

  it(mutationsTitle, async () => {
    await answersMutations(valid(), 200, (bytes) => openTflite(raw(bytes)));
  });
});

function patched(at: number, value: number): Uint8Array {
  const bytes = Uint8Array.from(valid());
  new DataView(bytes.buffer).setUint32(at, value, true);
  return bytes;
}
