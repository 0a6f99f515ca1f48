import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageSource } from './adapter.ts';
import { noise, png } from './adapters/tiny/archives.ts';
import { decodeSamples } from './decode.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-decode-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const encoded = (bytes: Uint8Array): ImageSource => ({ kind: 'encoded', read: async () => bytes });

function decode(image: ImageSource, size = 8): Promise<Uint8Array> {
  return decodeSamples(root, [{ id: 'it', image }], size, 'cover');
}

describe('decodeSamples', () => {
  const pixels = noise(1, 8 * 8 * 3);

  it('leaves images of the wanted size as they are, from files, memory and bare bytes, in order', async () => {
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a/b.png'), png(pixels, 8, 8));
    const images: ImageSource[] = [
      { kind: 'file', path: 'a/b.png' },
      encoded(png(pixels.toReversed(), 8, 8)),
      { kind: 'pixels', height: 8, width: 8, channels: 3, read: async () => pixels },
    ];
    const samples = images.map((image, i) => ({ id: String(i), image }));
    const all = await decodeSamples(root, samples, 8, 'cover');
    expect([...all]).toEqual([...pixels, ...pixels.toReversed(), ...pixels]);
  });

  it('repeats grey in all three channels', async () => {
    const grey = noise(2, 64);
    const bare: ImageSource = { kind: 'pixels', height: 8, width: 8, channels: 1, read: async () => grey };
    const wanted = [...grey].flatMap((value) => [value, value, value]);
    expect([...(await decode(bare))]).toEqual(wanted);
    const file = await sharp(grey, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect([...(await decode(encoded(file)))]).toEqual(wanted);
  });

  it('drops alpha without mixing in a background', async () => {
    const rgba = Buffer.from(
      Array.from({ length: 64 }, (_, i) => [...pixels.subarray(3 * i, 3 * i + 3), i]).flat(),
    );
    const file = await sharp(rgba, { raw: { width: 8, height: 8, channels: 4 } })
      .png()
      .toBuffer();
    expect([...(await decode(encoded(file)))]).toEqual([...pixels]);
  });

  it('cuts out the centre of a wide image', async () => {
    // Left half red, middle green, right half blue, each 8 wide: what is left at 8 × 8 is green.
    const row = [
      ...Array(8).fill([255, 0, 0]),
      ...Array(8).fill([0, 255, 0]),
      ...Array(8).fill([0, 0, 255]),
    ].flat();
    const wide = Uint8Array.from(Array(8).fill(row).flat());
    const [r, g, b] = await decode(encoded(png(wide, 8, 24)));
    expect([r, g, b]).toEqual([0, 255, 0]);
  });
});

describe('attacks', () => {
  it('a JPEG that claims 60,000 × 60,000 pixels', async () => {
    const jpeg = await sharp(Buffer.alloc(192), { raw: { width: 8, height: 8, channels: 3 } })
      .jpeg()
      .toBuffer();
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    jpeg.writeUInt16BE(60_000, frame + 5);
    jpeg.writeUInt16BE(60_000, frame + 7);
    await expect(decode(encoded(jpeg))).rejects.toMatchObject({
      fault: 'too-large',
      message: 'image it claims more than 100000000 pixels; it was not decoded.',
    });
  });

  it('a truncated image, and one that is none', async () => {
    const whole = png(noise(3, 64 * 64 * 3), 64, 64);
    await expect(decode(encoded(whole.subarray(0, 6000)))).rejects.toMatchObject({ fault: 'corrupt' });
    await expect(decode(encoded(Buffer.from('no image')))).rejects.toMatchObject({ fault: 'corrupt' });
  });

  it('a path that leads out of the root, and a link that does', async () => {
    writeFileSync(join(root, 'secret.png'), png(noise(1, 192), 8, 8));
    const inner = join(root, 'inner');
    mkdirSync(inner);
    symlinkSync(join(root, 'secret.png'), join(inner, 'link.png'));
    for (const path of ['../secret.png', 'link.png']) {
      const samples = [{ id: 'it', image: { kind: 'file' as const, path } }];
      await expect(decodeSamples(inner, samples, 8, 'cover')).rejects.toMatchObject({ fault: 'unsafe-path' });
    }
  });
});
