/** A matrix as a list of rows. */
export type Matrix = readonly (readonly number[])[];

export function zerosLike(matrix: Matrix): number[][] {
  return matrix.map((row) => row.map(() => 0));
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
