import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Cosines } from './cosines.ts';

/** How much of a set is drawn: more would hide itself. */
const CLASSES = 10;
const SAMPLES = 15;
const SCALE = 10_000;

/** Embeddings on a plane. */
export interface EmbeddingMap {
  readonly classes: readonly string[];
  /** Place in `classes`, x and y. */
  readonly points: readonly (readonly [classPlace: number, x: number, y: number])[];
}

/**
 * The first samples of the first classes along their first two principal components, found in the double-centred cosine
 * matrix (classical scaling, Torgerson 1952). Of each component's two directions, the one in which its largest coordinate
 * is positive.
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
  // Eigenvalues come in ascending order.
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
  // Not −0, which JSON would not keep.
  return Math.round(value * SCALE) / SCALE + 0;
}
