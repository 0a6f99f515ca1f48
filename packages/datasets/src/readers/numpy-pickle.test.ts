import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LazyBytes } from '@clce/pickle';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noise } from '../testing/tiny/archives.ts';
import { pickle } from '../testing/tiny/pickle.ts';
import { arrayNumbers, type NumpyValue, type PickledArray, readNumpyPickle } from './numpy-pickle.ts';

/** Debian's, which python3-numpy installs to. */
const PYTHON = '/usr/bin/python3';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-pickle-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function read(bytes: Buffer | string): Promise<NumpyValue> {
  const path = join(root, 'it.pkl');
  writeFileSync(path, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return readNumpyPickle(path);
}

describe('readNumpyPickle', () => {
  it('keeps every byte of a Python 2 string, short or long', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const [short, long] = (await read(pickle([all.subarray(0, 255), all]))) as [string, LazyBytes];
    expect([...Buffer.from(short, 'latin1')]).toEqual([...all.subarray(0, 255)]);
    expect(long.length).toBe(256);
    expect([...(await long.read())]).toEqual([...all]);
    expect([...(await long.read(250))]).toEqual([250, 251, 252, 253, 254, 255]);
  });

  it('reads NumPy arrays of any size where they lie', async () => {
    const data = Buffer.from(noise(1, 2 * 3 * 100));
    const labels = Buffer.from(BigInt64Array.from([7n, -1n]).buffer);
    const value = await read(
      pickle(
        new Map<string, never>([
          ['data', { shape: [2, 300], dtype: 'u1', data } as never],
          ['labels', { shape: [2], dtype: 'i8', data: labels } as never],
        ]),
      ),
    );
    const images = (value as Map<string, PickledArray>).get('data')!;
    expect(images).toMatchObject({ shape: [2, 300], dtype: 'u1', fortran: false });
    expect(Buffer.from(await images.data.read(300, 600)).equals(data.subarray(300))).toBe(true);
    expect(await arrayNumbers((value as Map<string, PickledArray>).get('labels')!)).toEqual([7, -1]);
  });
});

const noNumpy = numpyMissing();

describe.skipIf(noNumpy !== undefined)(`what CPython and NumPy write${noNumpy ?? ''}`, () => {
  const script = (protocol: number): string =>
    [
      'import pickle, sys, numpy as np',
      'long = bytes(range(256)) * 2',
      'value = {"text": "naïve \\u2713", "short": b"\\x00\\xff", "long": long, "empty": b"", "pair": (1, [True, None])}',
      'value["bytes"] = np.arange(600, dtype="u1").reshape(2, 300)',
      'value["big"] = np.array([1, -2], dtype=">i4")',
      'value["columns"] = np.asfortranarray(np.arange(6, dtype="<f8").reshape(2, 3))',
      'value["label"] = np.int64(-7)',
      `sys.stdout.buffer.write(pickle.dumps(value, ${protocol}))`,
    ].join('\n');

  it.each([0, 1, 2, 3, 4, 5])('is read, protocol %i', async (protocol) => {
    const value = (await read(execFileSync(PYTHON, ['-c', script(protocol)]))) as Map<string, never>;
    const array = (name: string): PickledArray => value.get(name)! as PickledArray;
    const long = value.get('long') as unknown as LazyBytes;
    expect(value.get('text')).toBe('naïve ✓');
    expect(value.get('short')).toBe('\x00\xff');
    expect(value.get('empty')).toBe('');
    expect([...(await long.read(255, 258))]).toEqual([255, 0, 1]);
    expect(value.get('pair')).toEqual([1, [true, null]]);
    expect(array('bytes')).toMatchObject({ shape: [2, 300], fortran: false });
    expect(await arrayNumbers(array('bytes'))).toEqual(Array.from({ length: 600 }, (_, i) => i % 256));
    expect(await arrayNumbers(array('big'))).toEqual([1, -2]);
    expect(array('columns')).toMatchObject({ shape: [2, 3], fortran: true });
    expect(await arrayNumbers(array('columns'))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(value.get('label')).toBe(-7);
  });
});

describe('attacks', () => {
  it('a pickle that names os.system', async () => {
    await expect(read('cos\nsystem\n(Vtrue\ntR.')).rejects.toMatchObject({
      fault: 'unsafe-pickle',
      message: expect.stringContaining('nothing was run'),
    });
  });

  it.each([
    ['is cut off', pickle([1, 2, 'three']).subarray(0, 9)],
    ['makes a dtype of a list', 'cnumpy\ndtype\n(]tR.'],
    [
      'fills an array with a number',
      'cnumpy.core.numeric\n_frombuffer\n(I1\ncnumpy\ndtype\n(Vu1\ntR(I1\ntVC\ntR.',
    ],
  ])('a pickle that %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ fault: 'corrupt' });
  });

  it('an array whose bytes are fewer than its shape says', async () => {
    const array = { shape: [2, 300], dtype: 'u1' as const, data: Buffer.alloc(300) };
    await expect(read(pickle(array))).rejects.toMatchObject({ fault: 'corrupt' });
  });
});

function numpyMissing(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import numpy'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return ' (skipped: python3-numpy is not installed)';
  }
}
