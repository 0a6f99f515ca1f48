/** Feature matrices, with one row of unit length for each sample. */
import { type Dataset, imageAt } from '@clce/datasets';

export interface FeatureMatrix {
  /** Row-major [rows, dim]. */
  readonly values: Float32Array;
  readonly dim: number;
}

/** The raw pixels of the given samples as features, centred on mid-grey so that a white background does not dominate. */
export function pixelFeatures(dataset: Dataset, rows: Int32Array): FeatureMatrix {
  const dim = dataset.imageSize ** 2 * dataset.channels;
  const values = new Float32Array(rows.length * dim);
  rows.forEach((row, index) => {
    const pixels = imageAt(dataset, row);
    for (let k = 0; k < dim; k++) values[index * dim + k] = pixels[k]! / 127.5 - 1;
  });
  return normaliseRows({ values, dim });
}

/** Divides every row by its L2 norm, in place; a zero row stays zero. */
export function normaliseRows(features: FeatureMatrix): FeatureMatrix {
  const { values, dim } = features;
  for (let start = 0; start < values.length; start += dim) {
    let sum = 0;
    for (let k = start; k < start + dim; k++) sum += values[k]! ** 2;
    const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let k = start; k < start + dim; k++) values[k]! *= scale;
  }
  return features;
}
