import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetError } from '../errors.ts';
import { type PackContent, readPack, writePack } from './pack.ts';

const content: PackContent = {
  name: 'tiny',
  imageSize: 2,
  classNames: ['cat', 'dog', 'élan'],
  samples: [
    { id: 'a', label: 0, author: 'x' },
    { id: 'b', label: 2 },
  ],
  split: { base: [0], validation: [1], novel: [2] },
  provenance: { source: '1.0.0' },
  pixels: Uint8Array.from({ length: 24 }, (_, i) => i * 10),
};

let folder: string;
let path: string;
let manifestHash: string;
let bytes: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pack-'));
  path = join(folder, 'tiny-2.pack');
  manifestHash = await writePack(path, content);
  bytes = await readFile(path);
});
afterAll(() => rm(folder, { recursive: true }));

/** The message that reading a damaged copy gives. */
async function complaint(damaged: Uint8Array): Promise<string> {
  const copy = join(folder, 'damaged.pack');
  await writeFile(copy, damaged);
  const error = await readPack(copy).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatasetError);
  const { message } = error as DatasetError;
  expect(message).toContain(`${copy} is corrupt: `);
  expect(message).toContain('; delete it and it will be built again.');
  expect(message).not.toContain('\n');
  return message;
}

describe('pack', () => {
  it('reads what was written', async () => {
    const { provenance, ...rest } = content;
    expect(await readPack(path)).toEqual({ dataset: { ...rest, channels: 3, manifestHash }, provenance });
  });

  it('has the documented layout', () => {
    expect(bytes.toString('latin1', 0, 8)).toBe('CLCEPACK');
    expect(bytes.readUInt32LE(8)).toBe(1);
    const header = bytes.subarray(48, 48 + bytes.readUInt32LE(12));
    expect(createHash('sha256').update(header).digest('hex')).toBe(manifestHash);
    expect(bytes.toString('hex', 16, 48)).toBe(manifestHash);
    const { pixelsSha256 } = JSON.parse(header.toString()) as { pixelsSha256: string };
    expect(pixelsSha256).toBe(createHash('sha256').update(content.pixels).digest('hex'));
    expect([...bytes.subarray(48 + header.length)]).toEqual([...content.pixels]);
  });

  it('is undefined where there is no file', async () => {
    expect(await readPack(join(folder, 'none.pack'))).toBeUndefined();
  });

  it('gives equal content equal bytes, and any other content another manifest hash', async () => {
    const other = join(folder, 'other.pack');
    expect(await writePack(other, { ...content })).toBe(manifestHash);
    expect(await readFile(other)).toEqual(bytes);
    const pixels = content.pixels.with(5, 1);
    expect(await writePack(other, { ...content, pixels })).not.toBe(manifestHash);
    expect(await writePack(other, { ...content, classNames: ['cat', 'dog', 'elk'] })).not.toBe(manifestHash);
  });

  it('refuses pixels that do not match the samples', async () => {
    const pixels = new Uint8Array(23);
    await expect(writePack(path, { ...content, pixels })).rejects.toThrow('tiny has 23 bytes of pixels');
  });

  it('notices any flipped bit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (place, bit) => {
        const damaged = Uint8Array.from(bytes);
        damaged[place]! ^= 1 << bit;
        await complaint(damaged);
      }),
    );
  });

  it('notices any truncation, and bytes that follow the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        await complaint(bytes.subarray(0, length));
      }),
    );
    expect(await complaint(Buffer.concat([bytes, Buffer.alloc(1)]))).toContain(
      `the length is ${bytes.length + 1}, expected ${bytes.length}`,
    );
  });

  it('names the place', async () => {
    const damaged = (place: number): Uint8Array => Uint8Array.from(bytes).with(place, 255);
    expect(await complaint(damaged(0))).toContain('the magic (byte 0)');
    expect(await complaint(damaged(8))).toContain('the version (byte 8) is 255, expected 1');
    expect(await complaint(damaged(60))).toContain('the SHA-256 of the header (bytes 48 to');
    expect(await complaint(damaged(bytes.length - 1))).toContain(`the SHA-256 of the pixels`);
    expect(await complaint(bytes.subarray(0, 10))).toContain('the length is 10, expected at least 48 bytes');
  });
});
