import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compactEntries } from './compact-entries.ts';

const json = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ depthSize: 'medium' }), {
  noNullPrototype: true,
});

it('gives each entry as JSON.stringify gives it, whatever the white space', () => {
  fc.assert(
    fc.property(json, fc.constantFrom<string | number>('', 2, '\t', '\n \r'), (object, space) => {
      const entries = compactEntries(Buffer.from(`\n${JSON.stringify(object, null, space)}\n`));
      // JSON.stringify spells −0 as 0.
      const expected = Object.entries(object).map(([name, value]) => [name, JSON.stringify(value)]);
      expect([...entries]).toEqual(expected);
    }),
    { seed: 25, numRuns: 2000 },
  );
});

it('keeps texts with signs of JSON, and the spelling of numbers', () => {
  const entries = compactEntries(
    Buffer.from(String.raw`{ "a\"}" : [ 1.50, { "b , :" : "\\\" } ]" } ] , "c":-1E+2 }`),
  );
  expect(Object.fromEntries(entries)).toEqual({
    'a"}': String.raw`[1.50,{"b , :":"\\\" } ]"}]`,
    c: '-1E+2',
  });
});
