/** 'Did you mean "x"?' when an available name is close to `name`; then 'Available: …'. */
export function suggestNames(name: string, available: readonly string[]): string {
  const ranked = available
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const nearest = ranked[0];
  const isClose = nearest && nearest.distance <= Math.max(2, Math.floor(nearest.candidate.length / 2));
  return `${isClose ? `Did you mean "${nearest.candidate}"? ` : ''}Available: ${available.join(', ')}`;
}

/** Levenshtein's distance: insertions, deletions and substitutions from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
