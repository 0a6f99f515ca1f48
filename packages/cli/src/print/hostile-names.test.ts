import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accuracyTable, type SeedRow } from '@clce/results';
import { cellKey, openLedger } from '@clce/runner';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addLedgerCommands } from '../commands/ledger.ts';
import { keysWithResults } from '../testing/keys-with-results.ts';
import { printedBy } from '../testing/printed-by.ts';
import { formatAccuracyTable } from './accuracy-formats.ts';
import { jsonReporter } from './live/progress.ts';
import { showControlCharacters } from './visible-console.ts';

const row: SeedRow = {
  ...{ dataset: 'icons', image_size: 32, backbone: 'conv4', weights: 'random', loss: 'CE', batch_size: 64 },
  ...{ loss_name: 'ce', optimizer: 'adamw', learning_rate: 0.01, epochs: 1, steps: 2, images: 128 },
  ...{ split: 'official' as const, folds: null, fold: null },
  ...{ seed: 0, protocol: 'few-shot', way: 5, shot: 1, classifier: 'nearest-centroid', measure: 'accuracy' },
  ...{ contrastive_group: null, evaluated_on: 'novel', value: 50, cell: 'k' },
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

  it('gets what a ledger, a survey and a run say of names that somebody else chose', async () => {
    const written: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    showControlCharacters();
    const folder = mkdtempSync(join(tmpdir(), 'clce-\u001b[2J\u202e-'));
    const spec = { seed: 0 };
    const key = cellKey(spec);
    mkdirSync(join(folder, key));
    writeFileSync(join(folder, key, 'result.json'), '');
    const ledger = openLedger({ directory: folder, parseResult: (stored) => stored });
    expect(await keysWithResults(ledger)).toEqual([]);
    await printedBy(addLedgerCommands, 'status', '--ledger', folder);
    await printedBy(addLedgerCommands, 'gc', '--ledger', folder);
    jsonReporter().note(folder);
    rmSync(folder, { recursive: true });
    expect(written).toHaveLength(4);
    for (const line of written) {
      expect(line).toContain(String.raw`clce-\u001b[2J\u202e-`);
      for (const hidden of ['\u001b', '\u202e']) expect(line).not.toContain(hidden);
    }
  });

  it('is the only way to standard error', () => {
    const packages = fileURLToPath(new URL('../../../', import.meta.url));
    const sources = readdirSync(packages).flatMap((name) =>
      readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' }).map((path) =>
        join(name, 'src', path),
      ),
    );
    const writers = sources.filter(
      (path) =>
        path.endsWith('.ts') &&
        !/\.test\.ts$|\/testing\//.test(path) &&
        readFileSync(join(packages, path), 'utf8').includes('process.stderr.write('),
    );
    // Commander prints through `visible`, too.
    expect(writers).toEqual(['cli/src/main.ts']);
  });
});
