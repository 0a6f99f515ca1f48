import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  EngineError,
  exportForward,
  externalPaths,
  float32,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tf,
} from '@clce/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOnnxModel, openOnnxExtractor } from './onnx-extractor.ts';
import { mutationsOf, mutationsTitle } from './testing/mutations.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-onnx-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function saved(bytes: Uint8Array): string {
  const path = join(root, 'model.onnx');
  writeFileSync(path, bytes);
  return path;
}

/** Channel means times 1, 2 and 3; and the scaled images themselves as maps. */
function model(layout: 'nchw' | 'nhwc', shape: readonly number[]): Uint8Array {
  const { bytes } = exportForward(
    ({ scale }, { images }) => {
      const places = layout === 'nhwc' ? [1, 2] : [2, 3];
      const vector = tf.mul(tf.mean<Tensor2D>(images as Tensor4D, places), scale as Tensor1D);
      const maps = tf.mul(images!, 2);
      return { vector, maps, labels: tf.argMax(vector, 1) };
    },
    { scale: float32([3], [1, 2, 3]) },
    { images: { shape, dtype: 'float32' } },
  );
  return bytes;
}

const images = float32(
  [2, 4, 5, 3],
  Array.from({ length: 120 }, (_, k) => Math.sin(k)),
);
const means = (factors: readonly number[]) =>
  [0, 1].flatMap((image) =>
    factors.map((factor, channel) => {
      const values = Array.from(images.data).filter(
        (_, k) => Math.floor(k / 60) === image && k % 3 === channel,
      );
      return (factor * values.reduce((sum, value) => sum + value, 0)) / values.length;
    }),
  );

function expectClose(values: ArrayLike<number>, expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  Array.from(values).forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k]!, 6);
  });
}

describe('openOnnxExtractor', () => {
  it.each([
    ['nchw', [2, 3, 4, 5]],
    ['nhwc', [2, 4, 5, 3]],
  ] as const)('finds the layout %s and the features by their shapes', async (layout, shape) => {
    const extractor = await openOnnxExtractor(saved(model(layout, shape)));
    expect([extractor.batch, extractor.imageSize]).toEqual([2, 4]);
    expectClose((await extractor.features(images)).data, means([1, 2, 3]));
    await extractor.dispose();
    const maps = await openOnnxExtractor(saved(model(layout, shape)), { output: 'output/maps' });
    expectClose((await maps.features(images)).data, means([2, 2, 2]));
    await maps.dispose();
  });

  it('names the option to set where the shapes leave a choice, and lists the model’s inputs and outputs', async () => {
    const square = saved(model('nchw', [2, 3, 4, 3]));
    await expect(openOnnxExtractor(square)).rejects.toThrow(/model\.onnx: the shape \[2,3,4,3\].*"layout"/);
    const path = saved(model('nchw', [2, 3, 4, 5]));
    await expect(openOnnxExtractor(path, { input: 'x' })).rejects.toThrow(/input "x".*input\/images/);
    await expect(openOnnxExtractor(path, { output: 'x' })).rejects.toThrow(/output "x".*output\/vector/);
    const labels = await openOnnxExtractor(path, { output: 'output/labels' });
    await expect(labels.features(images)).rejects.toThrow(/output\/labels is int32; features are float32/);
    await labels.dispose();
  });
});

/** One protobuf field of bytes: its number, its length, its content (protobuf.dev, "Encoding"). */
function field(number: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  expect(bytes.length).toBeLessThan(128);
  const tag = (number << 3) | 2;
  const head = tag < 128 ? [tag] : [(tag & 0x7f) | 0x80, tag >> 7];
  return Buffer.concat([Buffer.from([...head, bytes.length]), bytes]);
}

/** A tensor (onnx.proto3) that is kept in the file of that name. */
function elsewhere(location: string): Buffer {
  const entry = Buffer.concat([field(1, 'location'), field(2, location)]);
  return Buffer.concat([field(8, 'w'), field(13, entry)]);
}

describe('hashOnnxModel', () => {
  it('is the SHA-256 of a model in one file', async () => {
    const bytes = model('nchw', [2, 3, 4, 5]);
    const expected = createHash('sha256').update(bytes).digest('hex');
    expect(await hashOnnxModel(saved(bytes))).toBe(expected);
  });

  it('covers the files in which the model keeps tensors', async () => {
    const twice = Buffer.concat([field(5, elsewhere('b.bin')), field(5, elsewhere('a.bin'))]);
    const path = saved(field(7, twice));
    const write = (name: string, text: string) => writeFileSync(join(root, name), text);
    write('a.bin', 'one');
    write('b.bin', 'two');
    const hash = await hashOnnxModel(path);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashOnnxModel(path)).toBe(hash);
    write('b.bin', 'twp');
    expect(await hashOnnxModel(path)).not.toBe(hash);
    write('a.bin', 'two');
    write('b.bin', 'one');
    expect(await hashOnnxModel(path)).not.toBe(hash);
    rmSync(join(root, 'a.bin'));
    await expect(hashOnnxModel(path)).rejects.toThrow(
      /model\.onnx keeps tensors in "a\.bin": there is no file \S+a\.bin$/,
    );
  });

  it('refuses a tensor outside the folder of the model', async () => {
    const path = saved(field(7, field(5, elsewhere('../secret'))));
    await expect(hashOnnxModel(path)).rejects.toThrow(
      /keeps tensors in "\.\.\/secret", outside its own folder/,
    );
  });
});

describe('untrusted files', () => {
  it.each([
    ['/etc/passwd', field(7, field(5, elsewhere('/etc/passwd')))],
    ['../../secret', field(7, field(5, elsewhere('../../secret')))],
    ['C:\\secret', field(7, field(5, elsewhere('C:\\secret')))],
    ['a/../../secret in an attribute', field(7, field(1, field(5, field(5, elsewhere('a/../../secret')))))],
    ['../secret in an inner graph', field(7, field(1, field(5, field(6, field(5, elsewhere('../secret'))))))],
    ['../secret in a sparse tensor', field(7, field(15, field(1, elsewhere('../secret'))))],
    ['../secret in a function', field(25, field(7, field(5, field(5, elsewhere('../secret')))))],
  ])('a tensor in %s is refused', async (_, bytes) => {
    const whole = Buffer.concat([field(7, ''), bytes]);
    const error = await openOnnxExtractor(saved(whole)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EngineError);
    expect(String(error)).toMatch(/model\.onnx keeps tensors in ".*", outside its own folder/);
  });

  it('accepts a tensor file in the same folder, which must exist', async () => {
    const path = saved(field(7, field(5, elsewhere('weights.bin'))));
    expect(await externalPaths(path)).toEqual(['weights.bin']);
    await expect(openOnnxExtractor(path)).rejects.toThrow(/no model that ONNX Runtime can load/);
  });

  it.each([
    ['no protobuf', Buffer.from('something else')],
    ['no graph', field(2, 'someone')],
    ['cut off', model('nchw', [2, 3, 4, 5]).subarray(0, 100)],
  ])('%s is refused', async (_, bytes) => {
    await expect(openOnnxExtractor(saved(bytes))).rejects.toThrow(/model\.onnx is no /);
  });

  it(mutationsTitle.replace('tensors or a WeightFileError', 'paths or an EngineError'), async () => {
    const valid = Buffer.concat([model('nhwc', [2, 4, 5, 3]), field(7, field(5, elsewhere('weights.bin')))]);
    for (const bytes of mutationsOf(valid, valid.length)) {
      const found = await externalPaths(saved(bytes)).catch((reason: unknown) => reason);
      if (!Array.isArray(found)) expect(found).toBeInstanceOf(EngineError);
    }
  });
});
