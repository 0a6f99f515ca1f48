/**
 * The choice that is the fewest insertions, deletions and substitutions away from a mistyped name, or undefined
 * when even that one differs in more than half of its letters. Levenshtein distance, one row at a time.
 */
export function closestName(name: string, choices: readonly string[]): string | undefined {
  let closest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    const distance = editDistance(name.toLowerCase(), choice.toLowerCase());
    if (distance < least && distance <= Math.max(name.length, choice.length) / 2) {
      closest = choice;
      least = distance;
    }
  }
  return closest;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length]!;
}
