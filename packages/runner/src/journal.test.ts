import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type JournalEntry, journalLine, parseJournal } from './journal.ts';

const key = '0'.repeat(64);

function journalOf(entries: readonly JournalEntry[]): string[] {
  let text = '';
  for (const entry of entries) text += `${journalLine(key, entry, text)}\n`;
  return text.trimEnd().split('\n');
}

const entries = [{ event: 'started' }, { step: 1 }, { step: 2 }, { event: 'started', again: 'new' }];

it('gives the entries back', () => {
  expect(parseJournal(journalOf(entries).join('\n'), key)).toEqual({ entries, fault: undefined });
});

it('finds lines that are missing, out of their place or there twice', () => {
  const lines = journalOf(entries);
  const places = fc.array(fc.nat(lines.length - 1), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(places, (order) => {
      const { fault } = parseJournal(order.map((at) => lines[at]).join('\n'), key);
      // A journal that is cut off after a whole line is one that ended there.
      const isStart = order.every((at, place) => at === place);
      expect(fault === undefined).toBe(isStart);
      if (!isStart) expect(fault).toMatch(/^line \d+ does not follow the line before it$/);
    }),
    { seed: 25, numRuns: 500 },
  );
});

it('goes on after a line that was cut off', () => {
  const lines = journalOf(entries.slice(0, 2));
  const cut = `${lines[0]}\n${lines[1]!.slice(0, 90)}`;
  const text = `${cut}\n${journalLine(key, { step: 3 }, cut)}\n`;
  expect(parseJournal(text, key)).toEqual({
    entries: [{ event: 'started' }, { step: 3 }],
    fault: 'line 2 is broken: it has changed since it was written',
  });
});
