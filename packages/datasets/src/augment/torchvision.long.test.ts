/** Every operation beside torchvision's own, with the same parameters on the same image. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  adjustSharpness,
  autoContrast,
  equalize,
  posterize,
  solarize,
} from './colour.ts';
import { affine, resizedWindow } from './geometry.ts';
import type { Image } from './image.ts';
import { OPERATIONS } from './policy.ts';

/** Debian's, which python3-torchvision installs to. */
const PYTHON = '/usr/bin/python3';
const torchvision = torchvisionThere();

const SIZE = 45;
/** Smooth colours with noise, all levels, and a grey corner: channels that are equal have no hue. */
const image: Image = {
  size: SIZE,
  pixels: Uint8Array.from({ length: SIZE ** 2 * 3 }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    const [x, y] = [pixel % SIZE, Math.floor(pixel / SIZE)];
    if (x < 6 && y < 6) return 17 * (x + y);
    return (5 * x + 3 * y * (channel + 1) + ((at * 7919) % 61)) % 256;
  }),
};

/** In place, or as a new image. */
type Change = (image: Image) => unknown;
interface Case {
  /** An expression of the image `x`, uint8 [3, size, size], or `p` of Pillow's. */
  readonly theirs: string;
  readonly ours: Change;
  /** Largest difference of a value, and the share of the values that differ at all. */
  readonly largest: number;
  readonly share: number;
}

const EXACT = { largest: 0, share: 0 };
/** Single precision in another order: the result is cut off one lower or higher here and there. */
const ROUNDED = { largest: 1, share: 0.005 };
/** A place half-way between two pixels falls on the other one. */
const PLACED = { largest: 255, share: 0.01 };

const cases: Readonly<Record<string, Case>> = {
  ...each([0, 0.4, 1.7], (f) => ({
    [`brightness ${f}`]: {
      theirs: `F.adjust_brightness(x, ${f})`,
      ours: (i) => adjustBrightness(i, f),
      ...ROUNDED,
    },
    [`contrast ${f}`]: {
      theirs: `F.adjust_contrast(x, ${f})`,
      ours: (i) => adjustContrast(i, f),
      ...ROUNDED,
    },
    [`saturation ${f}`]: {
      theirs: `F.adjust_saturation(x, ${f})`,
      ours: (i) => adjustSaturation(i, f),
      ...ROUNDED,
    },
    [`sharpness ${f}`]: {
      theirs: `F.adjust_sharpness(x, ${f})`,
      ours: (i) => adjustSharpness(i, f),
      ...ROUNDED,
    },
  })),
  ...each([-0.5, -0.13, 0.25], (f) => ({
    [`hue ${f}`]: { theirs: `F.adjust_hue(x, ${f})`, ours: (i) => adjustHue(i, f), ...ROUNDED },
  })),
  ...each([1, 4, 8], (bits) => ({
    [`posterize ${bits}`]: { theirs: `F.posterize(x, ${bits})`, ours: (i) => posterize(i, bits), ...EXACT },
  })),
  ...each([0, 128, 255], (t) => ({
    [`solarize ${t}`]: { theirs: `F.solarize(x, ${t})`, ours: (i) => solarize(i, t), ...EXACT },
  })),
  autocontrast: {
    theirs: 'F.autocontrast(x // 2 + 20)',
    ours: (i) => autoContrast(halved(i)),
    ...ROUNDED,
  },
  equalize: { theirs: 'F.equalize(x)', ours: (i) => equalize(i), ...EXACT },
  ...each([-30, 7.5, 90], (angle) => ({
    [`rotate ${angle}`]: { theirs: `F.rotate(x, ${angle})`, ours: (i) => affine(i, { angle }), ...PLACED },
  })),
  'shear and shift': {
    theirs: 'F.affine(x, 0.0, [3, -5], 1.0, [12.0, -4.0], center=[0, 0])',
    ours: (i) => affine(i, { translate: [3, -5], shear: [12, -4], centre: 'corner' }),
    ...PLACED,
  },
  ...each(
    [
      [0, 0, 45, 45],
      [3, 7, 30, 11],
      [20, 1, 5, 40],
    ] as const,
    ([top, left, height, width]) => ({
      [`resized ${height} × ${width}`]: {
        theirs: `F.resized_crop(p, ${top}, ${left}, ${height}, ${width}, [32, 32], I.BILINEAR)`,
        ours: (i) => resizedWindow(i, { top, left, height, width }, 32),
        ...EXACT,
      },
    }),
  ),
  ...each(Object.keys(OPERATIONS), (name) => ({
    [`RandAugment ${name}`]: {
      theirs: `_apply_op(x, ${JSON.stringify(name)}, magnitude(${JSON.stringify(name)}, 11), I.NEAREST, None)`,
      ours: (i) => OPERATIONS[name]!(i, 11, -1),
      ...(/Shear|Rotate/.test(name) ? PLACED : ROUNDED),
    },
  })),
};

const PROGRAM = `import sys, json, torch
import torchvision.transforms.functional as F
from torchvision.transforms import InterpolationMode as I, RandAugment
from torchvision.transforms.autoaugment import _apply_op
from PIL import Image
size, raw, expressions = json.load(sys.stdin)
x = torch.tensor(raw, dtype=torch.uint8).reshape(size, size, 3).permute(2, 0, 1).contiguous()
p = Image.frombytes('RGB', (size, size), bytes(raw))
def magnitude(name, bin):
    values, signed = RandAugment()._augmentation_space(31, (size, size))[name]
    value = float(values[bin]) if values.ndim > 0 else 0.0
    return -value if signed else value
def flat(y):
    return list(y.tobytes()) if isinstance(y, Image.Image) else y.permute(1, 2, 0).flatten().tolist()
print(json.dumps([flat(eval(e)) for e in expressions]))`;

describe.skipIf(!torchvision)('beside torchvision (skipped without Debian’s python3-torchvision)', () => {
  const input = JSON.stringify([SIZE, [...image.pixels], Object.values(cases).map(({ theirs }) => theirs)]);
  const results: number[][] = torchvision
    ? JSON.parse(execFileSync(PYTHON, ['-c', PROGRAM], { input, maxBuffer: 2 ** 28 }).toString())
    : [];

  it.each(Object.keys(cases).map((name, index) => ({ name, index })))('$name', ({ name, index }) => {
    const { ours, largest, share } = cases[name]!;
    const own: Image = { size: SIZE, pixels: Uint8Array.from(image.pixels) };
    const { pixels } = (ours(own) ?? own) as Image;
    const theirs = results[index]!;
    expect(pixels).toHaveLength(theirs.length);
    const differences = theirs.map((value, at) => Math.abs(value - pixels[at]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(largest);
    expect(differences.filter((one) => one > 0).length / theirs.length).toBeLessThanOrEqual(share);
  });
});

function each<T>(values: readonly T[], make: (value: T) => Record<string, Case>): Record<string, Case> {
  return Object.assign({}, ...values.map(make)) as Record<string, Case>;
}

/** Darker, with no black and no white. */
function halved(original: Image): Image {
  for (const [at, value] of original.pixels.entries()) original.pixels[at] = (value >> 1) + 20;
  return original;
}

function torchvisionThere(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torchvision.transforms'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
