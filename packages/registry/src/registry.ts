import { unknownName } from './unknown-name.ts';
import { UserError } from './user-error.ts';

interface Named {
  readonly name: string;
  readonly aliases?: readonly string[];
}

export interface Registry<Entry extends Named> {
  readonly entries: readonly Entry[];
  /** Names in the order of the entries, without aliases. */
  readonly names: readonly string[];
  /** The entry with the given name or alias. @throws UserError that lists the closest choice and all choices */
  get(name: string): Entry;
}

/**
 * A registry of entries that users select by name.
 *
 * @param kind the entries' kind, such as "loss"
 * @throws TypeError where two entries share a name
 */
export function registry<Entry extends Named>(kind: string, entries: readonly Entry[]): Registry<Entry> {
  const spellings = entries.flatMap(spellingsOf);
  const twice = spellings.find((name, at) => spellings.indexOf(name) < at);
  if (twice !== undefined) throw new TypeError(`two entries of ${kind} are called "${twice}"`);
  const names = entries.map(({ name }) => name);
  return {
    entries,
    names,
    get(name) {
      const found = entries.find((entry) => spellingsOf(entry).includes(name));
      if (found === undefined) throw new UserError(unknownName(kind, name, names));
      return found;
    },
  };
}

function spellingsOf({ name, aliases = [] }: Named): string[] {
  return [name, ...aliases];
}
