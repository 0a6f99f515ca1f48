import type { Divergence } from '@clce/results';

/** A loss, a gradient or a weight that is not finite. A training that comes to one can never leave it. */
export class DivergedError extends Error {
  readonly divergence: Divergence;

  /** @param batch identifiers of the step's samples */
  constructor(divergence: Divergence, batch: readonly string[]) {
    const { step, what } = divergence;
    super(`${what} at step ${step}: training has diverged (batch: ${batch.join(', ')})`);
    this.divergence = divergence;
  }
}
