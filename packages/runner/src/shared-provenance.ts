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
  const known = new Map<string, unknown>();
  const shared = (value: unknown): unknown => {
    const text = JSON.stringify(value);
    if (!known.has(text)) known.set(text, value);
    return known.get(text);
  };
  return (provenance) => {
    const entries = Object.entries(provenance).map(([name, value]) => [
      name,
      OWN.includes(name) ? value : shared(value),
    ]);
    return Object.fromEntries(entries) as Provenance;
  };
}
