import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@clce/registry';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addResultsCommands } from '../commands/results.ts';
import { printedBy } from '../testing/printed-by.ts';
import { suitesIn, tablesIn } from './find-results.ts';
import { type BehindTable, parseProvenance, provenanceText } from './provenance-file.ts';
import { settleTables, storedProvenance, writeTable } from './table-files.ts';

const committed = fileURLToPath(new URL('../../../../results', import.meta.url));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-table-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const behind: BehindTable = { suite: 'fewshot', arguments: ['bench', 'fewshot'], preset: {}, cells: [] };
const none = { files: {}, gone: {} };

/** Cells of a committed table, repeated with other keys, seeds and times. */
async function manyCells(count: number): Promise<BehindTable['cells']> {
  const { cells } = (await storedProvenance(join(committed, 'batch-size-standard.provenance.json')))!;
  return Array.from({ length: count }, (_, at) => {
    const { spec, provenance } = cells[at % cells.length]!;
    const time = new Date(Date.UTC(2026, 0, 1) + 1000 * at).toISOString();
    return {
      key: at.toString(16).padStart(64, '0'),
      spec: { ...spec, seed: at },
      provenance: { ...provenance, startedAt: time, endedAt: time, durationMs: at },
    };
  });
}

it('a table called `a` lists no file of a table called `a.b`, and hides none', async () => {
  await writeTable(join(root, 'a.csv'), { csv: 'n\n1\n', 'seeds.csv': 's\n' }, behind);
  const others = ['a.b.csv', 'a.b.seeds.csv', 'a.notes.csv'].map((name) => join(root, name));
  for (const other of others) writeFileSync(other, 'n\n2\n');
  const all = [...others, join(root, 'a.csv'), join(root, 'a.seeds.csv')].sort();
  expect(await tablesIn([root])).toEqual(all);
  expect([...(await suitesIn([root])).keys()].sort()).toEqual(['a', 'a.b']);

  // The own table is changed, and another folder has tables of these names, too.
  writeFileSync(join(root, 'a.csv'), 'n\n9\n');
  const said = vi.spyOn(console, 'error').mockReturnValue();
  const answer = await printedBy(
    addResultsCommands,
    ...['query', 'select n from a_b', '--results', root, '--format', 'csv'],
  );
  expect(said.mock.calls).toEqual([[expect.stringMatching(/^a is left out: /)]]);
  said.mockRestore();
  expect(answer).toBe('n\n2');
  const second = join(root, 'second');
  mkdirSync(second);
  for (const name of ['a.csv', 'a.b.csv', 'c.csv']) writeFileSync(join(second, name), '');
  expect(await tablesIn([root, second])).toEqual([...all, join(second, 'c.csv')]);
});

it('a list of files of others moves and removes nothing', async () => {
  await writeTable(join(root, 'other.csv'), { csv: 'a\n1\n' }, behind);
  const text = readFileSync(join(root, 'other.csv'), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(root, 'mine.other.csv'), text);
  for (const [list, name] of [
    ['gone', 'other.csv'],
    ['files', 'other.csv'],
    ['gone', 'mine.other.csv'],
  ] as const) {
    const listed = { ...none, [list]: { [name]: hash } };
    writeFileSync(join(root, 'mine.provenance.json'), provenanceText(behind, listed));
    const faults = await settleTables([root]);
    expect(faults.map(({ message }) => message)).toEqual([
      expect.stringContaining('no file of the table mine'),
    ]);
    for (const other of ['other.csv', 'mine.other.csv']) {
      expect(readFileSync(join(root, other), 'utf8')).toBe(text);
    }
  }
});

describe('a provenance file', () => {
  it('of 10,000 cells has less than a fifth of the bytes of indented JSON, and tells the same', async () => {
    const cells = await manyCells(10_000);
    const text = provenanceText({ ...behind, cells }, none);
    expect(parseProvenance(text, 'x').cells).toEqual(cells);
    expect(text.length).toBeLessThan(JSON.stringify({ ...behind, cells }, null, 2).length / 5);
    expect(JSON.parse(text)).toMatchObject({ layout: 2, suite: 'fewshot', arguments: ['bench', 'fewshot'] });
  });

  it('gives any cells back', () => {
    const entries = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4, noNullPrototype: true });
    const cell = fc.record({
      key: fc.string(),
      spec: entries,
      // A ledger without the provenance gives null; one without entries is written as null.
      provenance: fc.option(entries.filter((one) => Object.keys(one).length > 0)),
    });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 5 }), (cells) => {
        fc.pre(!JSON.stringify(cells).includes('__proto__'));
        const plain = JSON.parse(JSON.stringify(cells)) as BehindTable['cells'];
        expect(parseProvenance(provenanceText({ ...behind, cells: plain }, none), 'x').cells).toEqual(plain);
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it('of an earlier version goes on being read', async () => {
    const earlier = readdirSync(committed)
      .filter((name) => name.endsWith('.provenance.json'))
      .map((name) => join(committed, name))
      .map((file) => ({ file, content: JSON.parse(readFileSync(file, 'utf8')) as { cells: unknown[] } }))
      .filter(({ content }) => !('layout' in content));
    expect(earlier.length).toBeGreaterThan(0);
    for (const { file, content } of earlier) {
      const stored = await storedProvenance(file);
      expect(stored?.cells).toEqual(content.cells);
      expect(stored?.listed).toBeUndefined();
    }
  });

  it('that is broken is an error of one line with its name', () => {
    const text = provenanceText(
      { ...behind, cells: [{ key: 'k', spec: { seed: 1 }, provenance: null }] },
      none,
    );
    const broken = [
      ...['', 'null', '[]', '{}', '{"layout":3}', '{"cells":[1]}', '{"layout":2,"cells":[]}', '\0'],
      text.replace('"files": {}', '"files": { "../x": "y" }'),
      text.replace('"gone": {}', `"gone": { "../../x": "${'0'.repeat(64)}" }`),
      ...[text.replace('["k",1]', '["k"]'), text.slice(0, -1), text.replace('"digest"', '"digist"')],
      ...[text.replace('{\n  "digest"', '{\n "digest"'), text.replace('fewshot', 'transfer')],
    ];
    for (const bytes of broken) {
      const read = () => parseProvenance(bytes, 'x.provenance.json');
      expect(read, bytes).toThrow(UserError);
      expect(read, bytes).toThrow(/^x\.provenance\.json [^\n]*$/);
    }
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('"', '{', ']', '9', 'x', ''), (at, byte) => {
        const bytes = text.slice(0, at) + byte + text.slice(at + 1);
        // A space before the digest is no part of anything.
        if (bytes === text || bytes === text.replace('"digest": ', '"digest":')) return;
        expect(() => parseProvenance(bytes, 'x')).toThrow(UserError);
        expect(() => parseProvenance(bytes, 'x')).toThrow(/^x [^\n]*$/);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('of an earlier version is read without a digest, and its entries are checked', () => {
    const cell = { key: 'k', spec: { seed: 1 }, provenance: { cpu: 'a cpu', instructionSets: ['avx2'] } };
    const laidOut = JSON.parse(provenanceText({ ...behind, cells: [cell] }, none)) as Record<string, unknown>;
    const { digest, ...second } = laidOut;
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const first = { ...behind, cells: [cell] };
    for (const earlier of [first, second]) {
      const text = JSON.stringify(earlier);
      expect(parseProvenance(text, 'x').cells).toEqual([cell]);
      for (const [right, wrong] of [
        ['["avx2"]', '"avx2"'],
        ['"a cpu"', '7'],
      ]) {
        expect(() => parseProvenance(text.replaceAll(right!, wrong!), 'x.json')).toThrow(
          /^x\.json is no provenance of a table: the provenance of cell k: (cpu|instructionSets): Invalid input[^\n]*$/,
        );
      }
    }
  });
});

describe('the files of a table', () => {
  const out = () => join(root, 'fewshot.csv');

  it('take the place of the former table’s files, and of nobody else’s', async () => {
    writeFileSync(join(root, 'fewshot.notes.txt'), 'mine');
    writeFileSync(join(root, 'fewshot-standard.trend.csv'), 'of another table');
    await writeTable(out(), { csv: '1', 'seeds.csv': '1', 'trend.csv': '1', 'differences.svg': '1' }, behind);
    expect(await writeTable(out(), { csv: '2', 'seeds.csv': '2' }, behind)).toEqual([]);
    expect(readdirSync(root).sort()).toEqual([
      ...['fewshot-standard.trend.csv', 'fewshot.csv', 'fewshot.notes.txt'],
      ...['fewshot.provenance.json', 'fewshot.seeds.csv'],
    ]);
    expect(await settleTables([root])).toEqual([]);
  });

  it('take the place of a table of an earlier version too', async () => {
    for (const name of readdirSync(committed).filter((one) => one.startsWith('batch-size-standard.'))) {
      cpSync(join(committed, name), join(root, name.replace('batch-size-standard', 'fewshot')));
    }
    writeFileSync(join(root, 'fewshot.notes.txt'), 'mine');
    await writeTable(out(), { csv: '2', 'seeds.csv': '2' }, behind);
    expect(readdirSync(root).sort()).toEqual([
      ...['fewshot.csv', 'fewshot.notes.txt', 'fewshot.provenance.json', 'fewshot.seeds.csv'],
    ]);
  });

  it('that were changed are a fault of one line; without the provenance they are a table as any', async () => {
    await writeTable(out(), { csv: '1', 'seeds.csv': '1', 'differences.svg': '1' }, behind);
    writeFileSync(join(root, 'fewshot.differences.svg'), 'recoloured');
    expect(await settleTables([root])).toEqual([]);
    writeFileSync(join(root, 'fewshot.seeds.csv'), 'other');
    const list = join(root, 'fewshot.provenance.json');
    expect(await settleTables([join(root, 'nowhere'), root])).toEqual([
      {
        folder: root,
        suite: 'fewshot',
        message: `${join(root, 'fewshot.seeds.csv')} is missing, or has changed since the table was made; run the command in ${list} again, or remove ${list} to read the table without it`,
      },
    ]);
    rmSync(list);
    expect(await settleTables([root])).toEqual([]);
  });

  it('a provenance that is a folder or no JSON costs one line', async () => {
    mkdirSync(join(root, 'a.provenance.json'));
    writeFileSync(join(root, 'b.provenance.json'), '{');
    const faults = await settleTables([root]);
    expect(faults.map(({ suite }) => suite)).toEqual(['a', 'b']);
    for (const { message } of faults) expect(message).toMatch(/^\S*provenance\.json [^\n]*$/);
    await writeTable(join(root, 'b.csv'), { csv: '1' }, behind);
    expect((await settleTables([root])).map(({ suite }) => suite)).toEqual(['a']);
  });
});

describe('a plot of a table', () => {
  const out = () => join(root, 'fewshot.csv');
  let drawings = 0;
  const write = (from: string) =>
    writeTable(out(), { csv: '1' }, behind, {
      differences: {
        from: createHash('sha256').update(from).digest('hex'),
        draw: async () => ({ svg: `drawing ${++drawings}`, png: Uint8Array.of(drawings) }),
      },
    });
  const svg = () => readFileSync(join(root, 'fewshot.differences.svg'), 'utf8');

  it('stays while it would be drawn from the same, and nobody has changed it', async () => {
    drawings = 0;
    await write('these figures');
    await write('these figures');
    expect(svg()).toBe('drawing 1');
    await write('other figures');
    expect(svg()).toBe('drawing 2');
    for (const [at, ending] of ['svg', 'png'].entries()) {
      writeFileSync(join(root, `fewshot.differences.${ending}`), 'changed');
      await write('other figures');
      expect(svg()).toBe(`drawing ${3 + at}`);
    }
    rmSync(join(root, 'fewshot.provenance.json'));
    await write('other figures');
    expect(svg()).toBe('drawing 5');
    expect(await settleTables([root])).toEqual([]);
  });
});
