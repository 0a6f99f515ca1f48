import type { Cosines } from './cosines.ts';

/**
 * Silhouette: how much nearer samples are to their own class than to the next one. It is the mean of (b − a) / max(a, b).
 * Here a is the mean distance 1 − cosine to the other samples of the class, and b the least mean distance to another class.
 * A sample that is alone in its class counts as 0 (Rousseeuw 1987, doi 10.1016/0377-0427(87)90125-7).
 *
 * @param labels of two classes or more
 * @returns in [−1, 1]
 */
export function silhouette({ count, values }: Cosines, labels: Int32Array): number {
  const classes = [...new Set(labels)];
  const places = new Map(classes.map((label, place) => [label, place]));
  const placeOf = Int32Array.from(labels, (label) => places.get(label)!);
  const sizes = new Float64Array(classes.length);
  for (const place of placeOf) sizes[place]!++;

  const sums = new Float64Array(classes.length);
  let total = 0;
  for (let sample = 0; sample < count; sample++) {
    const own = placeOf[sample]!;
    if (sizes[own] === 1) continue;
    sums.fill(0);
    for (let other = 0; other < count; other++) {
      if (other !== sample) sums[placeOf[other]!]! += 1 - values[sample * count + other]!;
    }
    const within = sums[own]! / (sizes[own]! - 1);
    const toOthers = sums.map((sum, place) =>
      place === own ? Number.POSITIVE_INFINITY : sum / sizes[place]!,
    );
    const next = Math.min(...toOthers);
    if (within !== next) total += (next - within) / Math.max(within, next);
  }
  return total / count;
}
