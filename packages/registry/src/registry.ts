import { unknownName } from './unknown-name.ts';
import { UserError } from './user-error.ts';

interface Named {
  readonly name: string;
  readonly aliases?: readonly string[];
}

export interface Registry<Entry extends Named> {
  readonly entries: readonly Entry[];
  /** In the order of the entries, without aliases. */
  readonly names: readonly string[];
  /** The entry of that name or alias. @throws UserError naming the closest choice and all choices */
  get(name: string): Entry;
}

/**
 * Entries that a person names.
 *
 * @param kind what they are, such as "loss"
 * @throws TypeError where two entries share a name
 */
export function registry<Entry extends Named>(kind: string, entries: readonly Entry[]): Registry<Entry> {
  const byName = new Map<string, Entry>();
  for (const entry of entries) {
    for (const name of [entry.name, ...(entry.aliases ?? [])]) {
      if (byName.has(name)) throw new TypeError(`two entries of ${kind} are called "${name}"`);
      byName.set(name, entry);
    }
  }
  const names = entries.map(({ name }) => name);
  return {
    entries,
    names,
    get(name) {
      const found = byName.get(name);
      if (found === undefined) throw new UserError(unknownName(kind, name, names));
      return found;
    },
  };
}
