import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mat } from '../testing/tiny/mat.ts';
import { type MatValue, matNumbers, readMat } from './mat.ts';

/** Debian's, which python3-scipy installs to. */
const PYTHON = '/usr/bin/python3';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-mat-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function read(bytes: Buffer) {
  const path = join(root, 'it.mat');
  writeFileSync(path, bytes);
  return readMat(path);
}

describe('readMat', () => {
  it('reads numbers, text and structs', async () => {
    const variables = await read(
      mat({
        labels: [1, 2, 65_535],
        name: 'naïve',
        synsets: {
          fields: ['id', 'words'],
          rows: [
            [7, 'a'],
            [8, 'b'],
          ],
        },
      }),
    );
    expect(matNumbers(variables, 'labels')).toEqual([1, 2, 65_535]);
    expect(variables.get('name')).toEqual({ kind: 'text', value: 'naïve' });
    const synsets = variables.get('synsets') as Extract<MatValue, { kind: 'struct' }>;
    expect(synsets.values.map((row) => row.get('words'))).toEqual([
      { kind: 'text', value: 'a' },
      { kind: 'text', value: 'b' },
    ]);
    expect(() => matNumbers(variables, 'trnid')).toThrow(
      'no numbers called trnid, only labels, name, synsets',
    );
  });

  const noScipy = scipyMissing();
  it.skipIf(noScipy !== undefined).each([true, false])(
    `reads what SciPy writes, compressed: %s${noScipy ?? ''}`,
    async (compressed) => {
      const path = join(root, 'scipy.mat');
      const script = [
        'import sys, numpy as np, scipy.io',
        'words = np.empty((1, 2), dtype=object)',
        'words[0, 0], words[0, 1] = "ab", np.array([[1.5]])',
        'value = {"matrix": np.array([[1, 2, 3], [4, 5, 6]], dtype="<i4"), "wide": np.array([[2**40]], dtype="<i8")}',
        'value.update({"real": np.array([[0.1, -1e300]]), "words": words, "nested": {"a": {"b": "deep"}}, "none": np.zeros((0, 0))})',
        `scipy.io.savemat(sys.argv[1], value, do_compression=${compressed ? 'True' : 'False'})`,
      ].join('\n');
      execFileSync(PYTHON, ['-c', script, path]);
      const variables = await readMat(path);
      expect(variables.get('matrix')).toEqual({ kind: 'numbers', shape: [2, 3], values: [1, 4, 2, 5, 3, 6] });
      expect(matNumbers(variables, 'wide')).toEqual([2 ** 40]);
      expect(matNumbers(variables, 'real')).toEqual([0.1, -1e300]);
      expect(matNumbers(variables, 'none')).toEqual([]);
      expect(variables.get('words')).toEqual({
        kind: 'cell',
        shape: [1, 2],
        values: [
          { kind: 'text', value: 'ab' },
          { kind: 'numbers', shape: [1, 1], values: [1.5] },
        ],
      });
      const nested = variables.get('nested') as Extract<MatValue, { kind: 'struct' }>;
      const inner = nested.values[0]!.get('a') as Extract<MatValue, { kind: 'struct' }>;
      expect(inner.values[0]!.get('b')).toEqual({ kind: 'text', value: 'deep' });
    },
  );
});

describe('refuses', () => {
  const whole = mat({ labels: [1, 2, 3] });
  const packed = (bytes: Buffer): Buffer => {
    const body = deflateSync(bytes);
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(body.length, 4);
    return Buffer.concat([whole.subarray(0, 128), tag, body]);
  };
  const damaged = (): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[bytes.length - 3]! ^= 1;
    return bytes;
  };

  it.each([
    ['an empty file', Buffer.alloc(0), 'shorter than its header'],
    ['version 7.3, which is HDF5', Buffer.alloc(512, '\x89HDF\r\n'), 'no little-endian version 5 header'],
    ['a file that is cut off', whole.subarray(0, -1), 'is cut off'],
    ['a flipped bit', damaged(), 'a compressed element is damaged'],
    ['a compressed element without contents', packed(Buffer.alloc(0)), 'a compressed element is empty'],
    ['an element longer than its file', packed(Buffer.from('0e000000ffffffff', 'hex')), 'is cut off'],
    [
      '300 MB of zeros in 300 kB',
      packed(Buffer.alloc(300_000_000)),
      'it unpacks to more than 268435456 bytes',
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toMatchObject({
      fault: 'corrupt',
      message: expect.stringContaining(message),
    });
  });

  it('cells within cells a hundred deep', async () => {
    let cell = Buffer.alloc(0);
    for (let depth = 0; depth < 100; depth++) {
      // Flags (class 1: cell), shape 1 × 1, no name, one entry.
      const header = Buffer.from(
        '06000000 08000000 0100000000000000 05000000 08000000 0100000001000000 01000000 00000000'.replaceAll(
          ' ',
          '',
        ),
        'hex',
      );
      const body = Buffer.concat([header, cell]);
      const tag = Buffer.alloc(8);
      tag.writeUInt32LE(14, 0);
      tag.writeUInt32LE(body.length, 4);
      cell = Buffer.concat([tag, body]);
    }
    await expect(read(Buffer.concat([whole.subarray(0, 128), cell]))).rejects.toMatchObject({
      fault: 'corrupt',
      message: expect.stringContaining('nested more than 32 deep'),
    });
  });
});

function scipyMissing(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import scipy.io'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return ' (skipped: python3-scipy is not installed)';
  }
}
