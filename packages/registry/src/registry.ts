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
  /** Puts an entry of the user's after the others. @throws UserError where a name of it is taken */
  add(entry: Entry): void;
}

/**
 * Entries that a person names, and may add to.
 *
 * @param kind what they are, such as "loss"
 * @throws TypeError where two entries share a name
 */
export function registry<Entry extends Named>(kind: string, entries: readonly Entry[]): Registry<Entry> {
  const byName = new Map<string, Entry>();
  const all: Entry[] = [];
  const names: string[] = [];
  const put = (entry: Entry, ifTaken: (name: string) => Error): void => {
    const known = [entry.name, ...(entry.aliases ?? [])];
    const taken = known.find((name) => byName.has(name));
    if (taken !== undefined) throw ifTaken(taken);
    for (const name of known) byName.set(name, entry);
    all.push(entry);
    names.push(entry.name);
  };
  for (const entry of entries) {
    put(entry, (name) => new TypeError(`two entries of ${kind} are called "${name}"`));
  }
  return {
    entries: all,
    names,
    add(entry) {
      put(entry, (name) => new UserError(`there is a ${kind} "${name}" already; give this one another name`));
    },
    get(name) {
      const found = byName.get(name);
      if (found === undefined) throw new UserError(unknownName(kind, name, names));
      return found;
    },
  };
}
