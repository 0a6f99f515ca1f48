import { type Tensor, type Tensor2D, tf } from '@clce/engine';

/**
 * L2 normalisation that stays finite for every finite float32 row.
 *
 * z = e / max(‖e‖, ε), as in PyTorch's `normalize` with ε = 1e-12. A row is divided by its largest magnitude before it is squared,
 * so entries up to 3e38 do not overflow and entries down to ε do not vanish. ‖e‖ could overflow and is never computed. A row
 * whose largest magnitude is below ε has no useful direction, so its gradient is zero. By the formula it would be about 1e12.
 */

/** Scales the rows of `embeddings` [n, d] to unit length. A zero row stays zero. */
export function l2Normalize(embeddings: Tensor2D): Tensor2D {
  const normalize = tf.customGrad<Tensor2D>((input, save) => {
    const largest = tf.max(tf.abs(input as Tensor2D), 1, true);
    const scale = tf.maximum(largest, SHORTEST_ROW);
    const scaled = tf.div(input as Tensor2D, scale);
    // The length is at least 1 where the scale is the row's largest magnitude, so the maximum changes short rows only.
    const length = tf.maximum(tf.sqrt(tf.sum(tf.mul(scaled, scaled), 1, true)), 1);
    const unit = tf.div(scaled, length) as Tensor2D;
    const hasDirection = tf.cast(tf.greaterEqual(largest, SHORTEST_ROW), 'float32');
    (save as (tensors: Tensor[]) => void)([unit, length, scale, hasDirection]);
    return { value: unit, gradFunc: (upstream, saved) => throughNormalization(upstream, saved) };
  });
  return normalize(embeddings) as Tensor2D;
}

// ε: a row below it counts as short.
const SHORTEST_ROW = 1e-12;

/** (g - z (z·g)) / ‖e‖, divided in two steps because ‖e‖ = scale × length may overflow. */
function throughNormalization(upstream: Tensor, saved: Tensor[]): Tensor {
  const [unit, length, scale, hasDirection] = saved as [Tensor, Tensor, Tensor, Tensor];
  const along = tf.sum(tf.mul(unit, upstream), 1, true);
  const across = tf.sub(upstream, tf.mul(unit, along));
  return tf.div(tf.mul(tf.div(across, length), hasDirection), scale);
}
