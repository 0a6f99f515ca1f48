import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  // The opcodes that CPython’s pickle.dumps writes for this value.
  it.each([
    [
      'protocol 0',
      '(dp0\nVa\np1\n(lp2\nI1\naI-2\naL12345678901234567890L\naF1.5\nasVb\np3\n(I01\nI00\nNtp4\ns.',
    ],
    [
      'protocol 2',
      '\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01J\xfe\xff\xff\xff\x8a\x09\xd2\x0a\x1f\xeb\x8c\xa9T\xab\x00G?\xf8\x00\x00\x00\x00\x00\x00eX\x01\x00\x00\x00bq\x03\x88\x89N\x87q\x04u.',
    ],
    [
      'protocol 4',
      '\x80\x04\x95/\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01J\xfe\xff\xff\xff\x8a\x09\xd2\x0a\x1f\xeb\x8c\xa9T\xab\x00G?\xf8\x00\x00\x00\x00\x00\x00e\x8c\x01b\x94\x88\x89N\x87\x94u.',
    ],
    [
      'protocol 5',
      '\x80\x05\x95/\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01J\xfe\xff\xff\xff\x8a\x09\xd2\x0a\x1f\xeb\x8c\xa9T\xab\x00G?\xf8\x00\x00\x00\x00\x00\x00e\x8c\x01b\x94\x88\x89N\x87\x94u.',
    ],
  ])('reads numbers, text, lists, tuples and dictionaries of %s', async (_, bytes) => {
    const value = await read(bytes);
    expect(value).toEqual(
      new Map<NumpyValue, NumpyValue>([
        ['a', [1, -2, 12345678901234567890n, 1.5]],
        ['b', [true, false, null]],
      ]),
    );
  });

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
  const mark = join(tmpdir(), `clce-pickle-ran-${process.pid}`);
  // Each but the last makes CPython’s pickle.loads run `touch`.
  const attacks: Readonly<Record<string, string>> = {
    'os.system by REDUCE': `cos\nsystem\n(S'touch ${mark}'\ntR.`,
    'posix.system, protocol 4': `\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c${String.fromCharCode(mark.length + 6)}touch ${mark}\x85R.`,
    'builtins.eval': `cbuiltins\neval\n(S'__import__("os").system("touch ${mark}")'\ntR.`,
    'os.system by INST': `(S'touch ${mark}'\nios\nsystem\n.`,
    'os.system by OBJ': `(cos\nsystem\nS'touch ${mark}'\no.`,
    'a name fetched and not called': 'cos\nsystem\n.',
  };

  it.each(Object.entries(attacks))('%s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({
      fault: 'unsafe-pickle',
      message: expect.stringContaining('nothing was run'),
    });
    expect(existsSync(mark)).toBe(false);
  });

  it.each([
    ['is empty', ''],
    ['is cut off', pickle([1, 2, 'three']).subarray(0, 9)],
    ['has no such opcode', '\x80\x02\xff.'],
    ['pops more than there is', '\x80\x020.'],
    ['has no mark', '\x80\x02e.'],
    ['remembers nothing', '\x80\x02h\x07.'],
    ['says a string of 4 GB', '\x80\x02T\xff\xff\xff\xff.'],
    ['says a string of 2^63 bytes', '\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.'],
    ['nests a thousand lists', `${']'.repeat(1000)}${'a'.repeat(999)}.`],
    ['contains itself', ']q\x00h\x00a.'],
    ['calls a number', 'I1\n)R.'],
    ['makes a dictionary of no pairs', 'ccollections\nOrderedDict\n(]I1\natR.'],
    ['makes a dtype of a list', 'cnumpy\ndtype\n(]tR.'],
    ['names a module by a list', '\x80\x04]\x8c\x01a\x93.'],
    [
      'fills an array with a number',
      'cnumpy.core.numeric\n_frombuffer\n(I1\ncnumpy\ndtype\n(Vu1\ntR(I1\ntVC\ntR.',
    ],
  ])('a pickle that %s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ fault: 'corrupt' });
  });

  it('a list of a list of a list, each twice, is no larger than its file', async () => {
    // [], then 60 times [it, it]: 2^60 lists if each were written out.
    const level = '(g0\ng0\nlp0\n';
    let value = await read(`]p0\n${level.repeat(60)}.`);
    let depth = 0;
    for (; Array.isArray(value) && value.length > 0; depth++) {
      expect(value[0]).toBe(value[1]);
      value = value[0]!;
    }
    expect(depth).toBe(60);
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
