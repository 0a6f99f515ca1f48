/** Learning rate as a function of the step number, counted from 0. */
export type Schedule = (step: number) => number;

/**
 * Linear warm-up from 0 to `peak`, then half a cosine down to `floor` at the last step (Loshchilov & Hutter 2017,
 * arXiv 1608.03983, without restarts).
 */
export function warmupCosine(options: {
  readonly peak: number;
  readonly steps: number;
  readonly warmupSteps?: number;
  readonly floor?: number;
}): Schedule {
  const { peak, steps, warmupSteps = 0, floor = 0 } = options;
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / (warmupSteps + 1);
    const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps - 1);
    return floor + (peak - floor) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
  };
}

export function constantRate(rate: number): Schedule {
  return () => rate;
}
