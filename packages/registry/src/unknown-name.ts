import { distance } from 'fastest-levenshtein';

/**
 * The error message for an unknown name, on one line: the name, a close choice if there is one, and all choices.
 *
 * @param kind the kind of the named entry, such as "loss"
 */
export function unknownName(kind: string, name: string, choices: readonly string[]): string {
  const hint = closestChoice(name, choices);
  const suggestion = hint === undefined ? '' : ` Did you mean "${hint}"?`;
  // A title may hold a comma itself.
  const isPlain = choices.every((choice) => !choice.includes(','));
  const listed = choices.map((choice) => (isPlain ? choice : `"${choice}"`));
  return `unknown ${kind} "${name}".${suggestion} Available: ${listed.join(', ')}`;
}

/** The choice with the fewest edits (Levenshtein) per letter, if it needs at most one edit per two letters. */
function closestChoice(name: string, choices: readonly string[]): string | undefined {
  const [nearest] = choices
    .map((choice) => ({ choice, edited: distance(name.toLowerCase(), choice.toLowerCase()) / choice.length }))
    .sort((a, b) => a.edited - b.edited);
  return nearest !== undefined && nearest.edited <= 0.5 ? nearest.choice : undefined;
}
