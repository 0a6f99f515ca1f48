import { notAllowed } from './loss-error.ts';
import { numberParameter, type Parameter } from './parameter.ts';

/**
 * The parameters of the losses: their ranges, their defaults and the sources of the defaults. Functions and suites use the same
 * checks.
 *
 * λ = 0.9 and τ = 0.5 are the flags of the sister method's published command line (SCHaNe). β = 1 is the paper's weighting
 * (arXiv 2402.14551). Form "in" is *ours*: the equation could not be read; an independent reader implemented "in", and the authors'
 * earlier code (LaCViT) is "out". HCL's τ⁺ = 0.1 is *ours* too.
 */

/** Whether the mean over the positives is inside or outside the logarithm (Khosla et al. 2020, section 3.2.2). */
export type Form = 'in' | 'out';

/** λ, the share of the contrastive term: 0 is cross-entropy, 1 the contrastive loss alone. */
export const lambda = numberParameter('lambda', 0.9, (x) => x >= 0 && x <= 1, 'a number in [0, 1]');

/** ε: the target distribution is (1 - ε) one-hot + ε / classes. */
export const labelSmoothing = numberParameter(
  'labelSmoothing',
  0,
  (x) => x >= 0 && x < 1,
  'a number in [0, 1)',
);

// Similarities are cosines / τ in float32. At τ = 1e-6 their rounding error is 0.06; below, differences have no correct digit.
const SMALLEST_TEMPERATURE = 1e-6;

/** τ, the divisor of cosines. */
export const temperature = numberParameter(
  'temperature',
  0.5,
  (x) => x >= SMALLEST_TEMPERATURE,
  'a finite number > 0 (at least 1e-6)',
);

/** β, the exponent of hardness weights: 0 gives equal weights, 1 the paper's weighting. */
export const hardness = numberParameter('hardness', 1, (x) => x >= 0, 'a finite number >= 0');

/** τ⁺, HCL's assumed probability that a negative is of the anchor's own class. */
export const tauPlus = numberParameter('tauPlus', 0.1, (x) => x >= 0 && x < 1, 'a number in [0, 1)');

/** See {@link Form}; the default is this project's choice. */
export const form: Parameter<Form> = {
  default: 'in',
  check: (value) => {
    if (value !== 'in' && value !== 'out') throw notAllowed('form', value, '"in" or "out"');
    return value;
  },
};

/** Whether the hardness weights are constants for the gradient. */
export const detachWeights: Parameter<boolean> = {
  default: false,
  check: (value) => {
    if (typeof value !== 'boolean') throw notAllowed('detachWeights', value, 'true or false');
    return value;
  },
};

/** Anchors in a block of the pairwise pass. Memory is blockSize × batch. The result changes by rounding only. */
export const blockSize = numberParameter(
  'blockSize',
  256,
  (x) => Number.isSafeInteger(x) && x >= 1,
  'a whole number >= 1',
);
