/** The columns that say how a cell was trained and what that cost. Seconds are none of them: equal runs give equal files. */
import type { CellFacts } from '../cell/cell-facts.ts';
import type { ReportedResult } from '../cell/reported-result.ts';

/** Null without training. */
export interface CostColumns {
  readonly optimizer: string | null;
  /** The highest learning rate of the schedule. */
  readonly learning_rate: number | null;
  /** Passes over the training samples. */
  readonly epochs: number | null;
  readonly steps: number | null;
  /** Images that all steps showed the network, all views together. */
  readonly images: number | null;
}

export function costOf(facts: CellFacts, { training }: Pick<ReportedResult, 'training'>): CostColumns {
  if (facts.kind !== 'training' || training === null) {
    return { optimizer: null, learning_rate: null, epochs: null, steps: null, images: null };
  }
  const { optimizer, learningRate, imagesPerStep } = facts;
  const { steps, epochs } = training;
  return { optimizer, learning_rate: learningRate, epochs, steps, images: steps * imagesPerStep };
}
