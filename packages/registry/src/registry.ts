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
  /** Puts an entry of the user's after the others. @throws UserError where a name of it is taken */
  add(entry: Entry): void;
}

/**
 * A registry of entries that users select by name. Users may add entries of their own.
 *
 * @param kind the entries' kind, such as "loss"
 * @param adding how a user adds an entry, in a clause; the error for an unknown name ends with it
 * @throws TypeError where two entries share a name
 */
export function registry<Entry extends Named>(
  kind: string,
  entries: readonly Entry[],
  adding?: string,
): Registry<Entry> {
  const spellings = entries.flatMap(spellingsOf);
  const twice = spellings.find((name, at) => spellings.indexOf(name) < at);
  if (twice !== undefined) throw new TypeError(`two entries of ${kind} are called "${twice}"`);
  const all = [...entries];
  const names = entries.map(({ name }) => name);
  const find = (name: string) => all.find((entry) => spellingsOf(entry).includes(name));
  return {
    entries: all,
    names,
    get(name) {
      const found = find(name);
      if (found !== undefined) return found;
      throw new UserError(
        [unknownName(kind, name, names), ...(adding === undefined ? [] : [adding])].join('; '),
      );
    },
    add(entry) {
      const taken = spellingsOf(entry).find((name) => find(name) !== undefined);
      if (taken !== undefined) {
        throw new UserError(`there is a ${kind} "${taken}" already; give this one another name`);
      }
      all.push(entry);
      names.push(entry.name);
    },
  };
}

function spellingsOf({ name, aliases = [] }: Named): string[] {
  return [name, ...aliases];
}
