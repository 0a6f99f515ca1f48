import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIdx } from './idx.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-idx-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function read(bytes: Buffer) {
  const path = join(root, 'images-idx3-ubyte');
  writeFileSync(path, bytes);
  return readIdx(path);
}

/** Two images of 2 × 3 pixels, byte for byte. */
const IMAGES = Buffer.from(
  '00000803 00000002 00000002 00000003 010203040506 f1f2f3f4f5f6'.replaceAll(' ', ''),
  'hex',
);

describe('readIdx', () => {
  it.each([
    ['plain', IMAGES],
    ['gzipped', gzipSync(IMAGES)],
  ])('reads shape and values, %s', async (_, bytes) => {
    const { shape, values } = await read(bytes);
    expect(shape).toEqual([2, 2, 3]);
    expect([...values]).toEqual([1, 2, 3, 4, 5, 6, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6]);
  });

  it('reads a list without values', async () => {
    const { shape, values } = await read(Buffer.from('0000080100000000', 'hex'));
    expect(shape).toEqual([0]);
    expect(values).toHaveLength(0);
  });

  it.each([
    ['is empty', Buffer.alloc(0), 'bytes 0 and 1'],
    ['starts with something else', Buffer.from('P5 2 2 255'), 'bytes 0 and 1'],
    ['holds floats', Buffer.from('00000d0100000000', 'hex'), 'the type (byte 2) is 13'],
    ['ends within its header', IMAGES.subarray(0, 12), 'within its header'],
    ['is cut off', IMAGES.subarray(0, -1), '2×2×3 needs 12 bytes after byte 16, found 11'],
    ['has more than it says', Buffer.concat([IMAGES, Buffer.alloc(1)]), 'found 13'],
    ['says 2^96 bytes', Buffer.from(`00000803${'ffffffff'.repeat(3)}`, 'hex'), 'found 0'],
    ['is cut off in gzip', gzipSync(IMAGES).subarray(0, -9), 'unexpected end of file'],
    ['unpacks to more than 256 MiB', gzipSync(Buffer.alloc(2 ** 28 + 1), { level: 1 }), 'larger than'],
  ])('refuses a file that %s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toMatchObject({
      fault: 'corrupt',
      message: expect.stringContaining(message),
    });
  });
});
