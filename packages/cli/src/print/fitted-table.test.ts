import { describe, expect, it } from 'vitest';
import { cut, fittedTable, terminalWidth, wrapped } from './fitted-table.ts';

const figures = ['10', '20', '30', '40', '50'];
const table = {
  titles: ['loss'],
  groups: figures.map((_, at) => [`shot\n${at + 1}`, 'vs']),
  rows: [{ titles: ['CE'], cells: figures.map((figure) => [figure, '+1']) }],
};

describe('a table that fits', () => {
  it('continues below in even parts, and splits no group', () => {
    expect(fittedTable(table, 32).split('\n')).toEqual([
      '      shot      shot',
      'loss     1  vs     2  vs',
      '────────────────────────',
      'CE      10  +1    20  +1',
      '',
      '      shot      shot',
      'loss     3  vs     4  vs',
      '────────────────────────',
      'CE      30  +1    40  +1',
      '',
      '      shot',
      'loss     5  vs',
      '──────────────',
      'CE      50  +1',
    ]);
  });

  it('is one part where it fits', () => {
    expect(fittedTable(table, 54).split('\n')).toHaveLength(4);
    expect(fittedTable(table, 53).split('\n')).toHaveLength(9);
  });

  it('shortens the titles where not even one group fits beside them', () => {
    const long = { ...table, rows: [{ ...table.rows[0]!, titles: ['CE with a long name'] }] };
    expect(fittedTable(long, 20).split('\n')[3]).toBe('CE with a…    10  +1');
  });

  it('counts columns of the terminal, not characters', () => {
    const wide = { ...table, groups: [['1']], rows: [{ titles: ['画像画像'], cells: [['2']] }] };
    expect(fittedTable(wide, 20).split('\n')).toEqual(['loss      1', '───────────', '画像画像  2']);
    expect(cut('画像画像', 6)).toBe('画像…');
  });
});

describe('words', () => {
  it('wrap, with a hanging indent', () => {
    expect(wrapped('better  CLCE − CE, icons: +2', 16, 8)).toBe(
      'better  CLCE −\n        CE,\n        icons:\n        +2',
    );
    expect(wrapped('short', 10)).toBe('short');
  });
});

it('a pipe has the width of a small terminal', () => {
  expect(terminalWidth({})).toBe(80);
  expect(terminalWidth({ columns: 132 })).toBe(132);
});
