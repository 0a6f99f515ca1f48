/** 'Did you mean "x"?' when an available name is close to `name`; then 'Available: …'. */
export function suggestNames(name: string, available: readonly string[]): string {
  const ranked = available
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const nearest = ranked[0];
  const isClose = nearest && nearest.distance <= Math.max(2, Math.floor(nearest.candidate.length / 2));
  return `${isClose ? `Did you mean "${nearest.candidate}"? ` : ''}Available: ${available.join(', ')}`;
}

/** Insertions, deletions, substitutions and swaps of neighbours from `a` to `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const distance = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const above = distance[i - 1]!;
      const substituted = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(row[j - 1]! + 1, above[j]! + 1, substituted);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, distance[i - 2]![j - 2]! + 1);
    }
    distance.push(row);
  }
  return distance[a.length]![b.length]!;
}
