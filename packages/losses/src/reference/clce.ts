import { referenceCrossEntropy } from './cross-entropy.ts';
import { type ReferenceLaclnOptions, referenceLacln } from './lacln.ts';
import type { Matrix } from './matrix.ts';

/** ../losses/clce.ts in float64: (1 - λ) cross-entropy + λ LACLN, with both parts and both gradients. */
export interface ReferenceClceOptions extends ReferenceLaclnOptions {
  readonly lambda: number;
  readonly labelSmoothing: number;
}

export interface ReferenceClce {
  readonly value: number;
  readonly crossEntropy: number;
  readonly contrastive: number;
  readonly anchors: (number | null)[];
  readonly gradientEmbeddings: number[][];
  readonly gradientLogits: number[][];
}

export function referenceClce(
  batch: { readonly logits: Matrix; readonly embeddings: Matrix; readonly labels: readonly number[] },
  options: ReferenceClceOptions,
): ReferenceClce {
  const ce = referenceCrossEntropy(batch.logits, batch.labels, options.labelSmoothing);
  const contrastive = referenceLacln(batch.embeddings, batch.labels, options);
  const { lambda } = options;
  return {
    value: (1 - lambda) * ce.value + lambda * contrastive.value,
    crossEntropy: ce.value,
    contrastive: contrastive.value,
    anchors: contrastive.anchors,
    gradientEmbeddings: contrastive.gradient.map((row) => row.map((x) => lambda * x)),
    gradientLogits: ce.gradient.map((row) => row.map((x) => (1 - lambda) * x)),
  };
}
