import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageSource } from '../adapter.ts';
import { noise, png } from '../testing/tiny/archives.ts';
import { decodeSamples, decoding } from './decode.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-decode-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const encoded = (bytes: Uint8Array): ImageSource => ({ kind: 'encoded', read: async () => bytes });

function decode(image: ImageSource, size = 8): Promise<Uint8Array> {
  return decodeSamples(root, [{ id: 'it', image }], size);
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
    const all = await decodeSamples(root, samples, 8);
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

/** timm's names, each with its reach and its filter. */
const FILTERS = {
  bilinear: { reach: 1, weight: (x: number) => 1 - x },
  bicubic: {
    reach: 2,
    weight: (x: number) =>
      x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2,
  },
  lanczos: { reach: 3, weight: (x: number) => (x === 0 ? 1 : sinc(x) * sinc(x / 3)) },
};
const sinc = (x: number) => Math.sin(Math.PI * x) / (Math.PI * x);

/** A square of RGB made smaller, written out as Pillow defines it, without rounding: the filter as wide as the scale. */
function resampled(pixels: Uint8Array, from: number, to: number, filter: keyof typeof FILTERS): number[] {
  const { reach, weight } = FILTERS[filter];
  const scale = from / to;
  const taps = Array.from({ length: to }, (_, i) => {
    const raw = Array.from({ length: from }, (_, j) => {
      const x = Math.abs((j + 0.5) / scale - (i + 0.5));
      return x < reach ? weight(x) : 0;
    });
    const total = raw.reduce((sum, value) => sum + value, 0);
    return raw.map((value) => value / total);
  });
  return Array.from({ length: to * to * 3 }, (_, at) => {
    const [y, x, c] = [Math.floor(at / 3 / to), Math.floor(at / 3) % to, at % 3];
    let sum = 0;
    taps[y]!.forEach((wy, j) => {
      taps[x]!.forEach((wx, i) => {
        sum += wy * wx * pixels[3 * (j * from + i) + c]!;
      });
    });
    return Math.min(255, Math.max(0, sum));
  });
}

describe('resizing', () => {
  const from = 61;
  const pixels = noise(4, from * from * 3);
  const samples = [{ id: 'it', image: encoded(png(pixels, from, from)) }];

  it.each(Object.keys(FILTERS) as (keyof typeof FILTERS)[])('%s, as written out', async (interpolation) => {
    const found = await decodeSamples(root, samples, 24, { interpolation });
    const errorOf = (filter: keyof typeof FILTERS): number => {
      const expected = resampled(pixels, from, 24, filter);
      return expected.reduce((sum, value, at) => sum + Math.abs(value - found[at]!), 0) / expected.length;
    };
    // Of 255 levels, on noise: libvips places its filters on a sixty-fourth of a pixel.
    for (const filter of Object.keys(FILTERS) as (keyof typeof FILTERS)[]) {
      if (filter === interpolation) expect(errorOf(filter)).toBeLessThan(1);
      else expect(errorOf(filter)).toBeGreaterThan(3);
    }
  });

  it('a crop fraction scales to more and cuts out the middle', async () => {
    const [whole, middle] = [
      await decodeSamples(root, samples, 32, {}),
      await decodeSamples(root, samples, 28, { cropFraction: 0.875 }),
    ];
    const expected = Array.from({ length: 28 }, (_, y) => [
      ...whole.subarray(3 * ((y + 2) * 32 + 2), 3 * ((y + 2) * 32 + 30)),
    ]);
    expect([...middle]).toEqual(expected.flat());
  });

  it('is named in full; the name of the default never changes', () => {
    expect(decoding()).toBe(
      'RGB without profile, alpha or EXIF rotation; shorter side to size, centre crop; Lanczos-3 with antialiasing; ' +
        'same size untouched',
    );
    expect(decoding({ interpolation: 'bicubic', cropFraction: 0.9 })).toBe(
      'RGB without profile, alpha or EXIF rotation; shorter side to size, centre crop; crop fraction 0.9; ' +
        'bicubic with antialiasing; same size untouched',
    );
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

  it('a truncated image, and a file that is no image', async () => {
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
      await expect(decodeSamples(inner, samples, 8)).rejects.toMatchObject({ fault: 'unsafe-path' });
    }
  });
});
