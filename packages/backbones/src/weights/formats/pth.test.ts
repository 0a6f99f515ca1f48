import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersMutations, mutationsTitle } from '../../testing/mutations.ts';
import { type ZipEntry, zipOf } from '../../testing/stored-zip.ts';
import { openWeightFile } from '../open-weights.ts';
import { WeightFileError } from '../weight-file.ts';
import { openPth } from './pth.ts';
import { openSafetensors } from './safetensors.ts';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../../../fixtures/models/${name}`, import.meta.url));

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-pth-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function raw(bytes: Uint8Array): string {
  const path = join(root, 'file.pth');
  writeFileSync(path, bytes);
  return path;
}

const F32 = Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
/** A persistent id for storage `0` of so many elements, in protocol 0's words where that is legible. */
const storage = (count = 6, type = 'FloatStorage', key = '0') =>
  `(Vstorage\nctorch\n${type}\nV${key}\nVcpu\nI${count}\ntQ`;
const tensor = ({ offset = 0, shape = 'I2\nI3\n', strides = 'I3\nI1\n', from = storage() } = {}) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${from}I${offset}\n(${shape}t(${strides}tI00\n}tR`;
const dictionary = (value: string) => `(dVw\n${value}s.`;

function file(pickle: string, others: readonly ZipEntry[] = [{ name: 'a/data/0', content: F32 }]): string {
  return raw(zipOf([{ name: 'a/data.pkl', content: Buffer.from(pickle, 'latin1') }, ...others]));
}

describe('openPth', () => {
  it('reads the tensors of BEiT-3 that its safetensors hold, also through openWeightFile', async () => {
    const { tensors, format } = await openWeightFile(fixture('beit3.pth'));
    const { tensors: expected } = await openSafetensors(fixture('beit3.safetensors'));
    expect(format).toBe('pth');
    expect([...tensors.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    for (const [name, stored] of expected) {
      const [ours, theirs] = [await tensors.get(name)!.read(), await stored.read()];
      expect(ours.shape, name).toEqual(theirs.shape);
      expect(Buffer.from(ours.data.buffer).equals(Buffer.from(theirs.data.buffer)), name).toBe(true);
    }
  });

  it('reads a view with strides and an offset', async () => {
    const transposed = tensor({ offset: 1, shape: 'I2\nI2\n', strides: 'I1\nI3\n' });
    const { tensors } = await openPth(file(dictionary(transposed)));
    expect(await tensors.get('w')!.read()).toMatchObject({
      shape: [2, 2],
      data: Float32Array.of(2, 5, 3, 6),
    });
  });

  const attacks: readonly [string, () => string, string, RegExp][] = [
    ['a call of os.system', () => file('cos\nsystem\n(Vtouch /tmp/x\ntR.'), 'unsafe', /os\.system/],
    ['an object of any class', () => file('(Vx\niargparse\nNamespace\n.'), 'unsafe', /makes an object/],
    ['a class of any name', () => file('cargparse\nNamespace\n.'), 'unsafe', /argparse\.Namespace/],
    [
      'a zip bomb',
      () =>
        file(dictionary(tensor()), [{ name: 'a/data/0', content: new Uint8Array(2 ** 20), deflated: true }]),
      'too-large',
      /a\/data\/0 is compressed/,
    ],
    [
      'a view larger than its storage, which strides of zero would allow',
      () => file(dictionary(tensor({ shape: 'I9999999\nI9999999\n', strides: 'I0\nI0\n' }))),
      'corrupt',
      /does not fit its storage of 6/,
    ],
    ['a view beyond its storage', () => file(dictionary(tensor({ offset: 1 }))), 'corrupt', /does not fit/],
    [
      'more sides than strides',
      () => file(dictionary(tensor({ strides: 'I3\n' }))),
      'corrupt',
      /does not fit/,
    ],
    ['a negative side', () => file(dictionary(tensor({ shape: 'I-2\nI3\n' }))), 'corrupt', /is not made of/],
    [
      'a storage shorter than its declared length',
      () => file(dictionary(tensor({ from: storage(7) }))),
      'corrupt',
      /has 24 bytes and should have 28/,
    ],
    [
      'a missing storage',
      () => file(dictionary(tensor({ from: storage(6, 'FloatStorage', '../../etc') }))),
      'corrupt',
      /no storage/,
    ],
    [
      'two entries of one name',
      () =>
        file(dictionary(tensor()), [
          { name: 'a/data/0', content: F32 },
          { name: 'a/data/0', content: F32 },
        ]),
      'corrupt',
      /is there twice/,
    ],
    [
      'big-endian numbers',
      () => file(dictionary(tensor()), [{ name: 'a/byteorder', content: Buffer.from('big') }]),
      'dtype',
      /big-endian/,
    ],
    ['no tensors', () => file('(dVepoch\nI3\ns.'), 'mismatch', /no dictionary of tensors/],
    ['a zip of something else', () => raw(zipOf([{ name: 'a/b', content: F32 }])), 'format', /no data\.pkl/],
    [
      'a pickle of PyTorch before 1.6',
      () => raw(Buffer.from('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1')),
      'format',
      /before 1\.6/,
    ],
    [
      'the first half of an archive',
      () => raw(readFileSync(fixture('beit3.pth')).subarray(0, 500_000)),
      'corrupt',
      /damaged/,
    ],
  ];
  it.each(attacks)('refuses %s', async (_, make, fault, message) => {
    const error = await openPth(make()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeightFileError);
    expect(error).toMatchObject({ fault, message: expect.stringMatching(message) });
    expect((error as Error).message).toContain(join(root, 'file.pth'));
  });

  it(mutationsTitle, async () => {
    const valid = zipOf([
      { name: 'a/data.pkl', content: Buffer.from(dictionary(tensor()), 'latin1') },
      { name: 'a/data/0', content: F32 },
    ]);
    await answersMutations(valid, 300, (bytes) => openPth(raw(bytes)));
  });
});
