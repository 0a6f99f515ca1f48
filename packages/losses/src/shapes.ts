import type { Tensor1D, Tensor2D } from '@clce/engine';
import { notAllowed } from './loss-error.ts';

/** Requires a non-empty matrix `rows` [n, ·] with one int32 label for each row. */
export function requireLabelledRows(name: string, rows: Tensor2D, labels: Tensor1D): void {
  requireRows(name, rows);
  if (labels.rank !== 1 || labels.dtype !== 'int32') {
    throw notAllowed('labels', described(labels), 'an int32 tensor of shape [n]');
  }
  if (labels.shape[0] !== rows.shape[0]) {
    throw notAllowed(
      'labels',
      described(labels),
      `one label for each of the ${rows.shape[0]} rows of ${name}`,
    );
  }
}

/** Requires two views that are matrices of equal shape. */
export function requireSameRows(name: string, rows: Tensor2D, otherName: string, other: Tensor2D): void {
  requireRows(name, rows);
  requireRows(otherName, other);
  if (rows.shape[0] !== other.shape[0] || rows.shape[1] !== other.shape[1]) {
    throw notAllowed(otherName, described(other), `of the shape of ${name}, [${rows.shape}]`);
  }
}

function requireRows(name: string, rows: Tensor2D): void {
  if (rows.rank !== 2 || rows.dtype !== 'float32' || rows.size === 0) {
    throw notAllowed(name, described(rows), 'a non-empty float32 tensor of shape [n, features]');
  }
}

function described(tensor: Tensor1D | Tensor2D): object {
  return { dtype: tensor.dtype, shape: tensor.shape };
}
