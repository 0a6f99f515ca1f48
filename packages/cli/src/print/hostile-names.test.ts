import { accuracyTable, type SeedRow } from '@clce/results';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatAccuracyTable } from './accuracy-formats.ts';
import { showControlCharacters } from './visible-console.ts';

const row: SeedRow = {
  ...{ dataset: 'icons', image_size: 32, backbone: 'conv4', weights: 'random', loss: 'CE', batch_size: 64 },
  ...{ seed: 0, protocol: 'few-shot', way: 5, shot: 1, classifier: 'nearest-centroid', measure: 'accuracy' },
  ...{ value: 50, cell: 'k' },
};

const names = fc.string({
  unit: fc.constantFrom(
    '|',
    '\n',
    '\\',
    '<b>',
    '&',
    '$',
    '\u001b[2J',
    '\u202e',
    'a',
    '·',
    '\r',
    '%',
    '{',
    '[',
    '*',
  ),
  minLength: 1,
  maxLength: 6,
});

describe('a table of names that somebody else chose', () => {
  it('has the rows and the cells of any table, in each format', () => {
    fc.assert(
      fc.property(names, names, names, (dataset, backbone, loss) => {
        const table = accuracyTable([{ ...row, dataset, backbone, loss }]);
        const print = (format: 'text' | 'markdown' | 'latex') => formatAccuracyTable(table, format, 'x', 500);
        const markdown = print('markdown').split('\n');
        expect(markdown).toHaveLength(3);
        for (const line of markdown) expect(line.replace(/\\./g, '').match(/\|/g)).toHaveLength(5);
        const latex = print('latex').split('\n');
        expect(latex).toHaveLength(7);
        expect(latex[4]!.replace(/\\./g, '').match(/&/g)).toHaveLength(3);
        for (const hidden of ['\u001b', '\u202e', '\r']) expect(print('text')).not.toContain(hidden);
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});

describe('the console', () => {
  const { log, error, warn } = console;
  afterEach(() => {
    Object.assign(console, { log, error, warn });
    vi.restoreAllMocks();
  });

  it('shows control characters on both streams', () => {
    const written: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    }
    showControlCharacters();
    console.log('a\u001b[2Jb\n%s', '\u202e');
    console.error(new Error('\u0007'));
    expect(written[0]).toBe('a\\u001b[2Jb\n\\u202e\n');
    expect(written[1]).toMatch(/^Error: \\u0007\n {4}at /);
  });
});
