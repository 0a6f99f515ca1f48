/**
 * Runs our program and the peer in turn for several rounds, so that a change of the machine's speed affects both. Figures are
 * medians over rounds. Ratios are taken within a round.
 */
export interface Measured {
  readonly ms: number;
}

export async function interleave(
  rounds: number,
  ours: () => Promise<Measured>,
  peer: (() => Promise<Measured>) | undefined,
): Promise<{ ours: Spread; peer: Spread | undefined; ratio: Spread | undefined }> {
  const oursMs: number[] = [];
  const peerMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    oursMs.push((await ours()).ms);
    if (peer !== undefined) peerMs.push((await peer()).ms);
  }
  const compared = peer !== undefined;
  return {
    ours: spread(oursMs),
    peer: compared ? spread(peerMs) : undefined,
    ratio: compared ? spread(peerMs.map((ms, round) => ms / oursMs[round]!)) : undefined,
  };
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Formats a spread as "12.3 (11.0 … 14.2)". */
export function show({ median, min, max }: Spread, digits = 1): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)} … ${max.toFixed(digits)})`;
}
