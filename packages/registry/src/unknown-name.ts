import { distance } from 'fastest-levenshtein';

/**
 * One line for a name that is not known: the name, the closest choice if it is close enough to be meant, all choices.
 *
 * @param kind what the name is of, such as "loss"
 */
export function unknownName(kind: string, name: string, choices: readonly string[]): string {
  const hint = closestChoice(name, choices);
  const suggestion = hint === undefined ? '' : ` Did you mean "${hint}"?`;
  return `unknown ${kind} "${name}".${suggestion} Available: ${choices.join(', ')}`;
}

/** The choice with the fewest edits (Levenshtein) for its length, if at most half of its letters are edited. */
function closestChoice(name: string, choices: readonly string[]): string | undefined {
  const [nearest] = choices
    .map((choice) => ({ choice, edited: distance(name.toLowerCase(), choice.toLowerCase()) / choice.length }))
    .sort((a, b) => a.edited - b.edited);
  return nearest !== undefined && nearest.edited <= 0.5 ? nearest.choice : undefined;
}
