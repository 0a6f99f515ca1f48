/**
 * Dropout (Srivastava et al. 2014) and drop path, also called stochastic depth (Huang et al. 2016, arXiv 1603.09382).
 * The masks are inputs of the step: a step is recorded once, so it cannot draw random numbers.
 *
 * A mask holds 0 for dropped elements and 1 / keep elsewhere, as in torch.nn.Dropout and timm's DropPath. This keeps the
 * expectation, so evaluation needs no scaling. A backbone uses a mask like this, in training and in evaluation:
 *
 *     const specs = { 'blocks.0.drop_path': { shape: [batch, 1, 1], keep: 0.9 } };
 *     x = tf.add(x, masked(branch, inputs['blocks.0.drop_path']));  // branch: [batch, tokens, width]
 *
 * A drop-path mask has one number per sample, shape [batch, 1, …, 1]. A dropout mask has one number per element, the
 * shape of the tensor. The host feeds `drawMasks(specs, { seed, step })` with every training batch. Evaluation has no
 * mask inputs.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { EngineError } from './errors.ts';
import { float32, type HostTensors, type Shape, sizeOf } from './host-tensor.ts';
import { type Tensor, tf } from './tf.ts';

export interface MaskSpec {
  /** Broadcasts to the shape of the masked tensor. */
  readonly shape: Shape;
  /** Probability of keeping, in (0, 1]: 1 - the drop rate. */
  readonly keep: number;
}

/** `x` times its mask; `x` itself without a mask (in evaluation, or without dropout). */
export function masked<T extends Tensor>(x: T, mask: Tensor | undefined): T {
  return mask === undefined ? x : (tf.mul(x, mask) as T);
}

/**
 * The masks of one step, with elements 0 or 1 / keep. Element k of a mask depends only on (seed, step, name, k), so a
 * resumed run feeds the same bytes.
 *
 * The generator is AES-128 in counter mode (NIST SP 800-38A), its key the first 16 bytes of SHA-256 over
 * `seed/step/name`. Element k is kept if bytes 4k … 4k+3 of the key stream, little-endian, are below keep · 2³².
 *
 * @throws EngineError for a `keep` outside (0, 1], or a seed or step that is no whole number from 0
 */
export function drawMasks(
  specs: Readonly<Record<string, MaskSpec>>,
  { seed, step }: { readonly seed: number; readonly step: number },
): HostTensors {
  for (const [what, value] of Object.entries({ seed, step })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new EngineError(`the masks' ${what} is a whole number from 0, not ${value}`);
    }
  }
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, keep }]) => {
      if (!(keep > 0 && keep <= 1)) {
        throw new EngineError(`mask '${name}': keep is above 0 and at most 1, not ${keep}`);
      }
      const words = keyStream(`${seed}/${step}/${name}`, sizeOf(shape));
      const mask = Float32Array.from({ length: sizeOf(shape) }, (_, k) =>
        words.getUint32(4 * k, true) < keep * 2 ** 32 ? 1 / keep : 0,
      );
      return [name, float32(shape, mask)];
    }),
  );
}

function keyStream(place: string, count: number): DataView {
  const key = createHash('sha256').update(place).digest().subarray(0, 16);
  const bytes = createCipheriv('aes-128-ctr', key, new Uint8Array(16)).update(new Uint8Array(4 * count));
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
