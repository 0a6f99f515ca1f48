/** Whatever is done to the index of a ledger, every command says what it says without one. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seal } from '@clce/files';
import { type CellResult, parseReportedResult } from '@clce/results';
import { cellKey, describeEnvironment, openLedger } from '@clce/runner';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addLedgerCommands } from '../commands/ledger.ts';
import { addResultsCommands } from '../commands/results.ts';
import { keysWithResults } from '../testing/keys-with-results.ts';
import { printedBy } from '../testing/printed-by.ts';
import { indexOf } from './result-index.ts';

let root: string;
let said: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-index-'));
  said = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  vi.spyOn(console, 'error').mockImplementation((text) => void said.push(String(text)));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const specOf = (seed: number) => ({ kind: 'training', numericsVersion: 1, seed });
const keys = [0, 1, 2].map((seed) => cellKey(specOf(seed)));
const resultOf = (correct: number): CellResult => ({
  scores: [
    {
      ...{ kind: 'few-shot', shot: 1, classifier: 'cosine', way: 2, query: 75, classes: ['moon', 'star'] },
      ...{ drawn: [0, 1, 1, 0], correct: [correct, 10, 75, 0] },
    },
  ],
  training: null,
  quality: {
    ...{
      samples: 2,
      isotropy: 0.5,
      alignment: 1,
      uniformity: -1,
      recallAt1: 0.5,
      mapAtR: 0.5,
      silhouette: 0,
    },
    similarities: { within: Array(40).fill(correct), between: Array(40).fill(300) },
    map: { classes: ['star'], points: [[0, 0.5, correct]] },
  },
});

/** @returns the folder of a ledger of three cells, with its index */
async function ledgerOf(name: string, correct: number): Promise<string> {
  const directory = join(root, name);
  const index = indexOf(directory);
  const ledger = openLedger({ directory, parseResult: parseReportedResult, index });
  const time = new Date(0).toISOString();
  const provenance = { ...(await describeEnvironment()), startedAt: time, endedAt: time, durationMs: 1 };
  for (const [seed, key] of keys.entries()) {
    await ledger.write(key, specOf(seed), resultOf(correct + seed) as never, provenance);
  }
  await index.save();
  index.close();
  return directory;
}

const indexFile = (directory: string) => join(directory, '.index', 'results.jsonl');

/** What the readers of all cells print, and what a run reads. */
async function printed(directory: string): Promise<string> {
  said.length = 0;
  const query = ['query', 'select * from cells order by key', '--format', 'json', '--results', directory];
  const words = [
    await printedBy(addLedgerCommands, 'status', '--json', '--ledger', directory),
    await printedBy(addLedgerCommands, 'gc', '--dry-run', '--ledger', directory),
    await printedBy(addResultsCommands, ...query, '--ledger', directory).catch(String),
  ];
  const index = indexOf(directory, (key) => key === keys[0]);
  const ledger = openLedger({ directory, parseResult: parseReportedResult, index });
  for (const key of keys) {
    const found = await ledger.read(key);
    if (found.state === 'present' && key !== keys[0] && found.record.result.quality !== null) {
      // A run forgets the maps that no plot shows; an index has none of them.
      found.record.result.quality.map = null;
    }
    words.push(JSON.stringify(found));
  }
  index.close();
  return [...words, ...said].join('\n').replaceAll(directory, 'LEDGER');
}

async function withoutIndex(directory: string): Promise<string> {
  const copy = `${directory}-copy`;
  cpSync(directory, copy, { recursive: true, filter: (path) => !path.endsWith('.index') });
  const text = await printed(copy);
  rmSync(copy, { recursive: true });
  return text;
}

/** Puts a result of the same size in its place, with a right digest, and the times of the former. */
function replaceResult(directory: string): void {
  const file = join(directory, keys[1]!, 'result.json');
  const { size, atime, mtime } = statSync(file);
  const other = seal(keys[1]!, { schemaVersion: 2, spec: specOf(1), result: resultOf(21 + 1) });
  writeFileSync(file, other);
  utimesSync(file, atime, mtime);
  expect(statSync(file).size).toBe(size);
}

it('a reader parses no result that the index holds', async () => {
  const directory = await ledgerOf('runs', 10);
  const parse = vi.fn(parseReportedResult);
  const index = indexOf(directory, (key) => key === keys[0]);
  const ledger = openLedger({ directory, parseResult: parse, index });
  expect(await keysWithResults(ledger)).toEqual(keys.toSorted());
  // One cell's map was asked for.
  expect(parse).toHaveBeenCalledTimes(1);
  await index.save();
  index.close();
  rmSync(join(directory, '.index'), { recursive: true });
  await keysWithResults(openLedger({ directory, parseResult: parse, index: indexOf(directory) }));
  expect(parse).toHaveBeenCalledTimes(4);
});

describe('with an index, commands say what they say without', () => {
  const deeds: Record<string, (directory: string) => void | Promise<void>> = {
    'it is whole': () => {},
    'it is empty': (directory) => truncateSync(indexFile(directory)),
    'it ends in a line': (directory) =>
      truncateSync(indexFile(directory), statSync(indexFile(directory)).size - 9),
    'it is another ledger’s': async (directory) => {
      cpSync(indexFile(await ledgerOf('other', 30)), indexFile(directory));
    },
    'it is of another version': (directory) => {
      const text = readFileSync(indexFile(directory), 'utf8');
      writeFileSync(
        indexFile(directory),
        text.replace(/"version":"[0-9a-f]{64}"/g, `"version":"${'0'.repeat(64)}"`),
      );
    },
    'it is a folder': (directory) => {
      rmSync(indexFile(directory));
      mkdirSync(indexFile(directory));
    },
    'it is a pipe': (directory) => {
      rmSync(indexFile(directory));
      execFileSync('mkfifo', [indexFile(directory)]);
    },
    'a result was replaced by one of the same size and time': replaceResult,
    'a result was cut off': (directory) => truncateSync(join(directory, keys[2]!, 'result.json'), 300),
    'a result is gone': (directory) => rmSync(join(directory, keys[2]!, 'result.json')),
    'a provenance was cut off': (directory) =>
      truncateSync(join(directory, keys[2]!, 'provenance.json'), 300),
    'results of two cells were swapped': (directory) => {
      const [one, other] = [1, 2].map((at) => join(directory, keys[at]!, 'result.json')) as [string, string];
      const text = readFileSync(one);
      cpSync(other, one);
      writeFileSync(other, text);
    },
  };

  it.each(Object.keys(deeds))('%s', async (deed) => {
    const directory = await ledgerOf('runs', 10);
    await deeds[deed]!(directory);
    expect(await printed(directory)).toBe(await withoutIndex(directory));
  });

  it('any of its bytes are others', async () => {
    const directory = await ledgerOf('runs', 10);
    const whole = readFileSync(indexFile(directory));
    const expected = await printed(directory);
    const change = fc.tuple(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 3 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const changed = Buffer.from(whole);
        for (const [at, bytes] of changes) changed.set(bytes.subarray(0, whole.length - at), at);
        writeFileSync(indexFile(directory), changed);
        expect(await printed(directory)).toBe(expected);
      }),
      { seed: 25, numRuns: 25 },
    );
  });
});

it('a ledger that cannot be written is read without', async () => {
  const directory = await ledgerOf('runs', 10);
  rmSync(join(directory, '.index'), { recursive: true });
  writeFileSync(join(directory, '.index'), 'no folder');
  const index = indexOf(directory);
  await keysWithResults(openLedger({ directory, parseResult: parseReportedResult, index }));
  await index.save();
  index.close();
  expect(readFileSync(join(directory, '.index'), 'utf8')).toBe('no folder');
});
