import { wholePower } from '../../whole-power.ts';

/**
 * The matrices of a fast correlation F(m, r): m outputs of a filter with r taps from m + r - 1 products, where the
 * definition takes m · r (Toom and Cook; for convolutional networks Lavin and Gray 2015, arXiv 1509.09308).
 *
 * A polynomial product is found from its values at points. With V_k the Vandermonde matrix of k columns at those points,
 * g * h = V_n⁻¹ (V_r g ⊙ V_m h) is the convolution of g and h, and its transpose with respect to h the correlation
 * y = V_mᵀ (V_r g ⊙ V_n⁻ᵀ d).
 */
export interface FastCorrelation {
  /** Products, m + r - 1: also the length of the input. */
  readonly points: number;
  /** [points, points]: Bᵀ, what the input is multiplied by. */
  readonly input: Matrix;
  /** [points, r]: G, what the filter is multiplied by. */
  readonly filter: Matrix;
  /** [m, points]: Aᵀ, what the products are multiplied by. */
  readonly output: Matrix;
}

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/**
 * @param points m + r - 2 different numbers; one more lies at infinity
 * @param taps r
 */
export function fastCorrelation(points: readonly number[], taps: number): FastCorrelation {
  const count = points.length + 1;
  const vandermonde = (columns: number): Matrix => [
    ...points.map((point) => Array.from({ length: columns }, (_, power) => wholePower(point, power))),
    // The value at infinity is the highest coefficient.
    Array.from({ length: columns }, (_, power) => Number(power === columns - 1)),
  ];
  // What one factor of a product is multiplied by, the other is divided by. By these numbers the input's matrix is small
  // multiples of the points' powers.
  const scales = [
    ...points.map((point) =>
      points.reduce((all, other) => (other === point ? all : all * (point - other)), 1),
    ),
    1,
  ];
  return {
    points: count,
    input: transposed(inverse(vandermonde(count))).map((row, k) => row.map((value) => value * scales[k]!)),
    filter: vandermonde(taps).map((row, k) => row.map((value) => value / scales[k]!)),
    output: transposed(vandermonde(count + 1 - taps)),
  };
}

/** The matrix that does to both axes of a flattened square what `matrix` does to one: its Kronecker square. */
export function onBothAxes(matrix: Matrix): Matrix {
  return matrix.flatMap((row) =>
    matrix.map((column) => row.flatMap((left) => column.map((right) => left * right))),
  );
}

function transposed(matrix: Matrix): Matrix {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}

/** By Gauss and Jordan's elimination with the largest pivot of a column. */
function inverse(matrix: Matrix): Matrix {
  const size = matrix.length;
  const rows = matrix.map((row, k) => [...row, ...row.map((_, column) => Number(column === k))]);
  for (let column = 0; column < size; column++) {
    const below = rows.slice(column).map((row) => Math.abs(row[column]!));
    const pivot = column + below.indexOf(Math.max(...below));
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const leading = rows[column]!.map((value) => value / rows[column]![column]!);
    for (const [k, row] of rows.entries()) {
      const factor = row[column]!;
      rows[k] = k === column ? leading : row.map((value, at) => value - factor * leading[at]!);
    }
  }
  return rows.map((row) => row.slice(size));
}
