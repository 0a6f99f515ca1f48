import type { Provenance } from './provenance.ts';

/** Entries that differ from cell to cell. */
const OWN: readonly string[] = [
  'startedAt',
  'endedAt',
  'durationMs',
  'peakMemoryMB',
] satisfies (keyof Provenance)[];

/** Replaces equal values by one of them: the provenances of thousands of cells differ in little more than their times. */
export function sharing(): (provenance: Provenance) => Provenance {
  const texts = new Map<string, string>();
  const lists = new Map<string, unknown>();
  const shared = (value: unknown): unknown => {
    if (typeof value === 'string') return known(texts, value, value);
    return typeof value === 'object' && value !== null ? known(lists, JSON.stringify(value), value) : value;
  };
  return (provenance) => {
    const entries: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(provenance)) {
      entries[name] = OWN.includes(name) ? value : shared(value);
    }
    return entries as Provenance;
  };
}

function known<Value>(values: Map<string, Value>, text: string, value: Value): Value {
  const before = values.get(text);
  if (before !== undefined) return before;
  values.set(text, value);
  return value;
}
