import type { Form } from '../parameters.ts';
import { logSumExp, softmax } from './log-sum-exp.ts';
import { dot, type Matrix, zerosLike } from './matrix.ts';
import { normalizeRows, throughNormalization } from './normalize.ts';

/**
 * ../terms/lacln.ts in float64, one anchor at a time. Tests compare the tensor version with this loop.
 * SupCon is `hardness: 0, form: 'out'`.
 */
export interface ReferenceLaclnOptions {
  readonly temperature: number;
  readonly hardness: number;
  readonly form: Form;
  readonly detachWeights: boolean;
}

export interface ReferenceLacln {
  readonly value: number;
  /** ℓ_i, or null for an anchor with no positive. */
  readonly anchors: (number | null)[];
  /** d value / d embeddings, before their normalisation. */
  readonly gradient: number[][];
}

export function referenceLacln(
  embeddings: Matrix,
  labels: readonly number[],
  options: ReferenceLaclnOptions,
): ReferenceLacln {
  const z = normalizeRows(embeddings);
  const terms = z.map((_, i) => anchorTerm(z, labels, i, options));
  const anchors = terms.map((term) => term?.loss ?? null);
  const counted = terms.filter((term) => term !== null).length;

  let value = 0;
  const atUnit = zerosLike(embeddings);
  for (const [i, term] of terms.entries()) {
    if (term === null) continue;
    value += term.loss / counted;
    for (const { other, derivative } of term.pairs) {
      const scale = derivative / (counted * options.temperature);
      for (let c = 0; c < z[i]!.length; c++) {
        atUnit[i]![c]! += scale * z[other]![c]!;
        atUnit[other]![c]! += scale * z[i]![c]!;
      }
    }
  }
  return { value, anchors, gradient: throughNormalization(embeddings, atUnit) };
}

interface AnchorTerm {
  readonly loss: number;
  /** dℓ_i / ds_ij for every j ≠ i. */
  readonly pairs: { other: number; derivative: number }[];
}

function anchorTerm(
  z: Matrix,
  labels: readonly number[],
  i: number,
  { temperature, hardness, form, detachWeights }: ReferenceLaclnOptions,
): AnchorTerm | null {
  const others = z.map((_, j) => j).filter((j) => j !== i);
  const positives = others.filter((j) => labels[j] === labels[i]);
  const negatives = others.filter((j) => labels[j] !== labels[i]);
  if (positives.length === 0) return null;
  const similarity = (j: number) => dot(z[i]!, z[j]!) / temperature;
  const sp = positives.map(similarity);
  const sn = negatives.map(similarity);

  // log w_ik + s_ik, the exponent of every negative in D_i.
  const weights = softmax(sn.map((s) => hardness * s));
  const weighted = sn.map((s, k) => Math.log(negatives.length) + Math.log(weights[k]!) + s);
  const logDenominator = logSumExp([...sp, ...weighted]);

  const logMean = logSumExp(sp) - Math.log(sp.length);
  const meanLog = sp.reduce((sum, s) => sum + s, 0) / sp.length;
  const pullIn = softmax(sp);
  const positivePairs = positives.map((other, p) => ({
    other,
    derivative: Math.exp(sp[p]! - logDenominator) - (form === 'in' ? pullIn[p]! : 1 / sp.length),
  }));

  // A negative's share of D_i grows with its s_ik. Its w_ik changes the weights of all other negatives.
  const shares = weighted.map((x) => Math.exp(x - logDenominator));
  const allShares = shares.reduce((sum, share) => sum + share, 0);
  const negativePairs = negatives.map((other, k) => ({
    other,
    derivative: shares[k]! + (detachWeights ? 0 : hardness * (shares[k]! - weights[k]! * allShares)),
  }));

  return {
    loss: logDenominator - (form === 'in' ? logMean : meanLog),
    pairs: [...positivePairs, ...negativePairs],
  };
}
