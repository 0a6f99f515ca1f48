/** A picture at several resolutions, for comparing it with others. */

/** One value a pixel, shape (side, side). */
export interface Plane {
  readonly side: number;
  readonly values: Float32Array;
}

/** Height and width of the finest grey levels, in pixels. */
export const SIDE = 128;
/** Sides of the grey levels, the coarsest first. */
const SIDES = [16, 32, 64, SIDE];
/** Side of the colours. */
const COLOUR_SIDE = 32;
/** Resolutions that stay in memory; finer ones are made when few pictures are left to compare. */
const KEPT = 2;

export interface Layers {
  /** Grey levels, the coarsest at 0; each pixel is a mean with its neighbours. */
  grey(at: number): Plane;
  /** Number of resolutions. */
  readonly count: number;
  /** Number of resolutions that the picture itself has, before it is enlarged; at least one. */
  readonly sharpCount: number;
  /** The picture's shorter side, in pixels. */
  readonly shorterSide: number;
  /** Means of R, G and B. */
  readonly mean: readonly number[];
  /** R − G and B − G. */
  readonly colours: readonly [Plane, Plane];
}

/**
 * @param rgb shape (SIDE, SIDE, 3)
 * @param shorterSide of the picture itself, in pixels
 */
export function layersOf(rgb: Uint8Array, shorterSide: number): Layers {
  const grey = new Uint8Array(SIDE * SIDE);
  const [redness, blueness] = [new Float32Array(SIDE * SIDE), new Float32Array(SIDE * SIDE)];
  const sums = [0, 0, 0];
  for (let i = 0; i < SIDE * SIDE; i++) {
    const [red, green, blue] = [rgb[3 * i]!, rgb[3 * i + 1]!, rgb[3 * i + 2]!];
    grey[i] = Math.round((red + green + blue) / 3);
    redness[i] = red - green;
    blueness[i] = blue - green;
    sums[0]! += red;
    sums[1]! += green;
    sums[2]! += blue;
  }
  const made = (at: number) => blurred(shrunk({ side: SIDE, values: grey }, SIDES[at]!));
  const kept = SIDES.slice(0, KEPT).map((_, at) => made(at));
  return {
    count: SIDES.length,
    sharpCount: Math.max(1, SIDES.filter((side) => side <= shorterSide).length),
    shorterSide,
    mean: sums.map((sum) => sum / (SIDE * SIDE)),
    grey: (at) => kept[at] ?? made(at),
    colours: [
      shrunk({ side: SIDE, values: redness }, COLOUR_SIDE),
      shrunk({ side: SIDE, values: blueness }, COLOUR_SIDE),
    ],
  };
}

/** Means over squares. */
function shrunk(
  { side, values }: { readonly side: number; readonly values: Uint8Array | Float32Array },
  to: number,
): Plane {
  const block = side / to;
  const means = new Float32Array(to * to);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      means[Math.floor(y / block) * to + Math.floor(x / block)]! += values[y * side + x]! / block ** 2;
    }
  }
  return { side: to, values: means };
}

/** Means of each pixel with its neighbours, weighted 1 : 2 : 1 in both directions. A thin line then overlaps a shifted one. */
function blurred({ side, values }: Plane): Plane {
  const along = (from: Float32Array, step: number, placeOf: (at: number) => number) =>
    from.map((value, at) => {
      const before = placeOf(at) > 0 ? from[at - step]! : value;
      const after = placeOf(at) < side - 1 ? from[at + step]! : value;
      return (before + 2 * value + after) / 4;
    });
  const rows = along(values, 1, (at) => at % side);
  return { side, values: along(rows, side, (at) => Math.floor(at / side)) };
}
