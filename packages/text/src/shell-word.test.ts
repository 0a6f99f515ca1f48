import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellWord } from './shell-word.ts';

it('leaves plain words as they are', () => {
  expect(['data', '--size', 'tables/mine.csv', 'seed=1', ''].map(shellWord)).toEqual([
    'data',
    '--size',
    'tables/mine.csv',
    'seed=1',
    "''",
  ]);
});

it('a shell gives every word back', () => {
  const word = fc.string({ unit: 'grapheme-ascii' });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), (words) => {
      const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], {
        encoding: 'utf8',
      });
      expect(printed.split('\0').slice(0, -1)).toEqual(words);
    }),
    { seed: 25, numRuns: 30 },
  );
});
