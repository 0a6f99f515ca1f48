import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Cosines } from './cosines.ts';

/** Limits of the map: more points would hide each other. */
const CLASSES = 10;
const SAMPLES = 15;
const SCALE = 10_000;

/** Embeddings projected to a plane. */
export interface EmbeddingMap {
  readonly classes: readonly string[];
  /** Index into `classes`, x and y. */
  readonly points: readonly (readonly [classPlace: number, x: number, y: number])[];
}

/**
 * Projects the first samples of the first classes to their first two principal components, computed from the double-centred
 * cosine matrix (classical scaling, Torgerson 1952). The sign of a component makes its largest coordinate positive.
 */
export function embeddingMap(
  { count, values }: Cosines,
  labels: Int32Array,
  classNames: readonly string[],
): EmbeddingMap {
  const drawn = [...new Set(labels)].sort((a, b) => a - b).slice(0, CLASSES);
  const samples = drawn.flatMap((label) =>
    [...labels.keys()].filter((sample) => labels[sample] === label).slice(0, SAMPLES),
  );
  const cosines = new Matrix(samples.map((a) => samples.map((b) => values[a * count + b]!)));
  const centred = cosines.center('row').center('column');
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(centred, {
    assumeSymmetric: true,
  });
  // Eigenvalues are in ascending order.
  const [x, y] = [1, 2].map((fromLast) => {
    const place = samples.length - fromLast;
    const scale = Math.sqrt(Math.max(0, realEigenvalues[place]!));
    const along = eigenvectorMatrix.getColumn(place).map((entry) => entry * scale);
    const largest = along.reduce((best, entry) => (Math.abs(entry) > Math.abs(best) ? entry : best), 0);
    return along.map((entry) => rounded(largest < 0 ? -entry : entry));
  }) as [number[], number[]];
  return {
    classes: drawn.map((label) => classNames[label]!),
    points: samples.map((sample, at) => [drawn.indexOf(labels[sample]!), x[at]!, y[at]!]),
  };
}

function rounded(value: number): number {
  // Adding 0 turns −0 into 0, because JSON does not keep −0.
  return Math.round(value * SCALE) / SCALE + 0;
}
