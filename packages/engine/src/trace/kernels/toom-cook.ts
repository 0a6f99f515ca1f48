import { wholePower } from '../../whole-power.ts';

/**
 * The matrices of a fast correlation F(m, r): m outputs of a filter with r taps. It takes m + r - 1 products; the
 * definition takes m · r (Toom and Cook; for convolutional networks Lavin and Gray 2015, arXiv 1509.09308).
 *
 * The values at n points determine a polynomial product. Let V_k be the Vandermonde matrix of k columns at the points.
 * The convolution of g and h is g * h = V_n⁻¹ (V_r g ⊙ V_m h). Its transpose with respect to h is the correlation
 * y = V_mᵀ (V_r g ⊙ V_n⁻ᵀ d).
 */
export interface FastCorrelation {
  /** Number of products, m + r - 1. The input has this length too. */
  readonly points: number;
  /** Bᵀ, [points, points]: multiplies the input. */
  readonly input: Matrix;
  /** G, [points, r]: multiplies the filter. */
  readonly filter: Matrix;
  /** Aᵀ, [m, points]: multiplies the products. */
  readonly output: Matrix;
}

/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/**
 * @param points m + r - 2 different numbers; the last point lies at infinity
 * @param taps r
 */
export function fastCorrelation(points: readonly number[], taps: number): FastCorrelation {
  const count = points.length + 1;
  const vandermonde = (columns: number): Matrix => [
    ...points.map((point) => Array.from({ length: columns }, (_, power) => wholePower(point, power))),
    // The value at infinity is the highest coefficient.
    Array.from({ length: columns }, (_, power) => Number(power === columns - 1)),
  ];
  // The scales multiply the input and divide the filter, so the products keep their values. With these scales the
  // input's matrix holds small multiples of the points' powers.
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

/** The Kronecker square: applies `matrix` to both axes of a flattened square. */
export function onBothAxes(matrix: Matrix): Matrix {
  return matrix.flatMap((row) =>
    matrix.map((column) => row.flatMap((left) => column.map((right) => left * right))),
  );
}

function transposed(matrix: Matrix): Matrix {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}

/** Gauss-Jordan elimination with partial pivoting. */
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
