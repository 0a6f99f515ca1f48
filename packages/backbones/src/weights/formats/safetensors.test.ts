import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { float32, int32 } from '@clce/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersMutations, mutationsTitle } from '../../testing/mutations.ts';
import { WeightFileError } from '../weight-file.ts';
import { openSafetensors, saveSafetensors } from './safetensors.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-weights-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A file of the given header and values, whatever they say. */
function file(header: unknown, values: Uint8Array = new Uint8Array(0), length?: bigint): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length ?? BigInt(text.length));
  const path = join(root, 'file.safetensors');
  writeFileSync(path, Buffer.concat([size, text, values]));
  return path;
}

const tensor = (dtype: string, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });

describe('openSafetensors', () => {
  it.each([
    ['F32', Buffer.from(Float32Array.of(1.5, -2, 0.1).buffer), [1.5, -2, Math.fround(0.1)]],
    ['F64', Buffer.from(Float64Array.of(1.5, -2, 0.1).buffer), [1.5, -2, Math.fround(0.1)]],
    // Bit patterns of IEEE 754 binary16: 1, -2, the least subnormal, infinity.
    [
      'F16',
      Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00).buffer),
      [1, -2, 2 ** -24, Number.POSITIVE_INFINITY],
    ],
    // bfloat16: the upper halves of 1, -2 and 3.140625.
    ['BF16', Buffer.from(Uint16Array.of(0x3f80, 0xc000, 0x4049).buffer), [1, -2, 3.140625]],
    ['I64', Buffer.from(BigInt64Array.of(7n, -9n).buffer), [7, -9]],
  ])('reads %s', async (dtype, bytes, expected) => {
    const { tensors } = await openSafetensors(
      file({ t: tensor(dtype, [expected.length], [0, bytes.length]) }, bytes),
    );
    expect(Array.from((await tensors.get('t')!.read()).data)).toEqual(expected);
  });

  it('reads what it saved, byte for byte', async () => {
    const path = join(root, 'saved.safetensors');
    const saved = {
      'a.weight': float32([2, 3], [1, 2, 3, 4, 5, 6]),
      b: float32([], [0.5]),
      none: float32([0]),
      labels: int32([2], [7, -9]),
    };
    await saveSafetensors(path, saved, { architecture: 'vit-tiny' });
    const { tensors } = await openSafetensors(path);
    for (const [name, value] of Object.entries(saved)) expect(await tensors.get(name)!.read()).toEqual(value);
  });

  const eight = new Uint8Array(8);
  const attacks: readonly [string, () => string, string, RegExp][] = [
    ['a file of seven bytes', () => raw(new Uint8Array(7)), 'corrupt', /7 bytes are too few/],
    ['a header of 2^63 bytes', () => file('{}', eight, 2n ** 63n), 'too-large', /more than 100000000/],
    ['a header beyond the file', () => file('{}', eight, 99n), 'corrupt', /99 bytes of a file of 18/],
    ['a header that is no JSON', () => file('{"a"'), 'corrupt', /no JSON/],
    [
      'a header that is no UTF-8',
      () => raw(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff)),
      'corrupt',
      /no JSON/,
    ],
    ['a header that is a list', () => file('[]'), 'corrupt', /no JSON object/],
    ['an entry that is null', () => file({ a: null }), 'dtype', /tensor a has the unknown type undefined/],
    ['an unknown type', () => file({ a: tensor('F8', [8], [0, 8]) }, eight), 'dtype', /unknown type "F8"/],
    [
      'a type named like a method',
      () => file({ a: tensor('toString', [8], [0, 8]) }, eight),
      'dtype',
      /type/,
    ],
    ['a negative side', () => file({ a: tensor('F32', [-2, -1], [0, 8]) }, eight), 'shape', /\[-2,-1\]/],
    ['a side that is no number', () => file({ a: tensor('F32', ['2'], [0, 8]) }, eight), 'shape', /\["2"\]/],
    ['a fraction of an offset', () => file({ a: tensor('F32', [2], [0, 7.5]) }, eight), 'offsets', /7\.5/],
    [
      'offsets in the wrong order',
      () => file({ a: tensor('F32', [2], [8, 0]) }, eight),
      'offsets',
      /\[8,0\]/,
    ],
    [
      'too few bytes for a shape',
      () => file({ a: tensor('F32', [3], [0, 8]) }, eight),
      'shape',
      /needs 12 bytes/,
    ],
    [
      'a shape whose size overflows',
      () => file({ a: tensor('F32', [2 ** 32, 2 ** 32, 2 ** 32], [0, 8]) }, eight),
      'shape',
      /and has 8/,
    ],
    [
      'overlapping tensors',
      () => file({ a: tensor('F32', [2], [0, 8]), b: tensor('F32', [1], [4, 8]) }, eight),
      'offsets',
      /tensor b begins at 4, inside/,
    ],
    [
      'a hole between tensors',
      () => file({ a: tensor('U8', [2], [0, 2]), b: tensor('F32', [1], [4, 8]) }, eight),
      'offsets',
      /bytes 2 to 4 before tensor b belong to no tensor/,
    ],
    [
      'a hole before the first',
      () => file({ b: tensor('F32', [1], [4, 8]) }, eight),
      'offsets',
      /bytes 0 to 4/,
    ],
    [
      'trailing bytes',
      () => file({ a: tensor('F32', [1], [0, 4]) }, eight),
      'offsets',
      /4 bytes after the last/,
    ],
    [
      'values beyond the file',
      () => file({ a: tensor('F32', [4], [0, 16]) }, eight),
      'offsets',
      /end at byte/,
    ],
  ];
  it.each(attacks)('refuses %s', async (_, make, fault, message) => {
    const error = await openSafetensors(make()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeightFileError);
    expect(error).toMatchObject({ fault, message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(join(root, 'file.safetensors'));
  });

  it('refuses to read types that no weight has, and integers beyond 32 bits', async () => {
    const { tensors } = await openSafetensors(
      file(
        { a: tensor('BOOL', [8], [0, 8]), b: tensor('I64', [1], [8, 16]) },
        new Uint8Array([...eight, 0, 0, 0, 0, 1, 0, 0, 0]),
      ),
    );
    await expect(tensors.get('a')!.read()).rejects.toMatchObject({ fault: 'dtype' });
    await expect(tensors.get('b')!.read()).rejects.toMatchObject({ fault: 'too-large' });
  });

  it(mutationsTitle, async () => {
    const fixture = new URL(
      '../../../../../fixtures/models/resnet_basic.running_after.safetensors',
      import.meta.url,
    );
    await answersMutations(readFileSync(fileURLToPath(fixture)), 2400, (bytes) =>
      openSafetensors(raw(bytes)),
    );
  });
});

function raw(bytes: Uint8Array): string {
  const path = join(root, 'file.safetensors');
  writeFileSync(path, bytes);
  return path;
}
