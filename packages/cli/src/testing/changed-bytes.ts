/** For tests: bytes of a ledger's files change at random, and each change is told or changes nothing that is printed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { snapshotsIn } from '@clce/experiments';
import { type CellResult, parseCellResult, parseReportedResult } from '@clce/results';
import { brokenFileLine, cellKey, findResult, openLedger, runCells } from '@clce/runner';
import { expect, vi } from 'vitest';
import { addLedgerCommands } from '../commands/ledger.ts';
import { addResultsCommands } from '../commands/results.ts';
import { indexOf } from '../stored/result-index.ts';
import { keysWithResults } from './keys-with-results.ts';
import { printedBy } from './printed-by.ts';

/** `CLCE_BYTES_SEED` repeats a run. */
export const BYTES_SEED = Number(process.env['CLCE_BYTES_SEED'] ?? 1);

/** Readers of other cells, and `query`, which starts a database, look at one change in so many. */
const ALL_EVERY = 20;

const specs = ['done', 'edited since', 'failed', 'interrupted'].map((name) => ({
  ...{ kind: 'training', numericsVersion: 1, loss: { name, parameters: { lambda: 0.9 } } },
  ...{ batchSize: 64, seed: 7, imageSize: 32 },
}));
const cells = specs.map((spec) => ({ key: cellKey(spec), label: `cell ${spec.loss.name}`, spec }));

const result: CellResult = {
  scores: [
    {
      ...{ kind: 'few-shot', shot: 5, classifier: 'nearest-centroid', way: 2, query: 15 },
      ...{ classes: ['bell', 'moon', 'star'], drawn: [0, 1, 2, 0], correct: [8, 9, 15, 0] },
    },
    { kind: 'transfer', classifier: 'k-nn', classes: ['key', 'sun'], correct: [3, 5], tested: [10, 5] },
  ],
  training: {
    ...{ steps: 40, epochs: 2.5, positives: 0.25, initialWeights: 'a1'.repeat(32) },
    ...{ dataOrder: 'b2'.repeat(32), checkpoints: [{ step: 20, accuracy: 0.5 }] },
    curve: [{ step: 20, loss: 1.25, crossEntropy: 1, contrastive: 0.25, gradientNorm: 3.5 }],
  },
  quality: null,
};

/** Changes one file at a time, `changes` times, and looks with every reader of that ledger. */
export async function expectChangesFound(changes: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'clce-bytes-'));
  const said: string[] = [];
  const stderr = vi.spyOn(console, 'error').mockImplementation((text: string) => void said.push(text));
  try {
    const directory = join(root, 'runs');
    await fill(directory);
    const readers = readersOf(directory, said);
    const before = new Map<Reader, string>();
    for (const reader of readers) before.set(reader, await reader.print());
    const files = filesIn(directory);
    expect(new Set(files.map((file) => basename(file))).size).toBe(7);
    const random = generator(BYTES_SEED);
    const told = new Map(files.map((file) => [file, 0]));
    for (let n = 0; n < changes; n++) {
      const file = files[n % files.length]!;
      const whole = readFileSync(file);
      const changed = mutated(whole, random);
      if (file.endsWith('journal.jsonl') && isShorterJournal(changed, whole)) continue;
      writeFileSync(file, changed);
      const isConcerned = ({ of }: Reader) =>
        n % ALL_EVERY === 0 || of.some((key) => file.includes(key) || file.endsWith(INDEX));
      let isTold = false;
      for (const reader of readers.filter(isConcerned)) {
        const printed = await reader.print();
        const what = `change ${n} of ${file.slice(directory.length)}, seed ${BYTES_SEED}`;
        if (printed.includes(`${file} cannot be believed: `)) isTold = true;
        else expect(printed, what).toBe(before.get(reader));
      }
      if (isTold) told.set(file, told.get(file)! + 1);
      writeFileSync(file, whole);
    }
    // A change of the index is not told, because it changes nothing. Few other changes are none, such as a digit that is
    // replaced by itself.
    const least = (file: string) => (file.endsWith(INDEX) ? -1 : changes / files.length / 2);
    for (const [file, count] of told) expect(count, file).toBeGreaterThan(least(file));
  } finally {
    stderr.mockRestore();
    rmSync(root, { recursive: true });
  }
}

const INDEX = 'results.jsonl';

/** A ledger that holds a file of every kind. */
async function fill(directory: string): Promise<void> {
  const ledger = openLedger({ directory, parseResult: parseCellResult });
  const stop = new AbortController();
  await runCells<(typeof cells)[number], CellResult>({
    cells,
    ledger,
    signal: stop.signal,
    graceMs: 60_000,
    run: async ({ loss }, { directory: folder, onAccount, onProgress, signal }) => {
      onAccount?.({ sources: 'f11e5', graph: `graph of ${loss.name}` });
      onProgress({ step: 20, steps: 40, figures: { loss: 1.23456789, learningRate: 0.01 } });
      if (loss.name === 'failed') throw new Error('the loss is NaN at step 21');
      if (loss.name !== 'interrupted') return result;
      await snapshotIn(folder).save({
        notes: { done: 20 },
        tensors: { w: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } },
      });
      stop.abort();
      return Promise.reject(signal.reason);
    },
  });
  const edited = cells[1]!.key;
  await ledger.writeSources(edited, { sources: 'la7e4', graph: 'graph of edited since' });
  const index = indexOf(directory);
  await keysWithResults(openLedger({ directory, parseResult: parseReportedResult, index }));
  await index.save();
  index.close();
}

function snapshotIn(folder: string, tell: (line: string) => void = () => {}) {
  return snapshotsIn(join(folder, 'snapshot.safetensors'), cells[3]!.key, 1e9, tell);
}

interface Reader {
  /** The cells that it reads; empty for a reader of all cells that takes long. */
  readonly of: readonly string[];
  /** All that one command prints, on both streams. */
  readonly print: () => Promise<string>;
}

function readersOf(directory: string, said: string[]): Reader[] {
  const keys = cells.map(({ key }) => key);
  const command = (of: readonly string[], ...words: string[]): Reader => ({
    of,
    print: () =>
      heard(said, () => printedBy(addLedgerCommands, ...words, '--ledger', directory).catch(String)),
  });
  const printing = [
    command(keys, 'status'),
    command(keys, 'status', '--json'),
    ...keys.flatMap((key) => [command([key], 'show', key), command([key], 'logs', key)]),
    command(keys.slice(0, 2), 'why', keys[0]!, keys[1]!),
    command([keys[0]!, keys[2]!], 'why', keys[0]!, keys[2]!),
  ];
  const reusing = cells.map(
    (cell): Reader => ({
      of: [cell.key],
      print: () =>
        heard(said, async () => {
          const ledger = openLedger({ directory, parseResult: parseCellResult });
          const stored = await findResult(cell, ledger);
          if (stored.state === 'disbelieved') return brokenFileLine(stored);
          return JSON.stringify([
            stored,
            await ledger.readCode(cell.key),
            await ledger.readProvenance(cell.key),
          ]);
        }),
    }),
  );
  const interrupted = keys[3]!;
  const resuming: Reader = {
    of: [interrupted],
    print: () =>
      heard(said, async () => {
        const told: string[] = [];
        const snapshot = await snapshotIn(join(directory, interrupted), (line) => told.push(line)).load();
        const { data } = snapshot?.tensors['w'] ?? {};
        return JSON.stringify(snapshot && [snapshot, [...data!]]) + told.join('\n');
      }),
  };
  const words = ['query', 'select * from cells order by key', '--format', 'json', '--results', directory];
  const querying: Reader = {
    of: [],
    print: () => heard(said, () => printedBy(addResultsCommands, ...words, '--ledger', directory)),
  };
  return [...printing, ...reusing, resuming, querying];
}

/** A journal that is cut off after a whole line is one that ended there. */
function isShorterJournal(changed: Buffer, whole: Buffer): boolean {
  const { length } = changed;
  return changed.equals(whole.subarray(0, length)) && (length === 0 || changed[length - 1] === 0x0a);
}

async function heard(said: string[], print: () => Promise<string>): Promise<string> {
  said.length = 0;
  const printed = await print();
  return [printed, ...said].join('\n');
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

/** Random whole numbers below `limit`, from a linear congruential generator: its quality is sufficient here. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** One change: another byte, another digit, a flipped bit, a byte less, a byte more, or a cut end. */
function mutated(whole: Buffer, random: (limit: number) => number): Buffer {
  const at = random(whole.length);
  const [before, after] = [whole.subarray(0, at), whole.subarray(at + 1)];
  const digits = [...whole.keys()].filter((k) => whole[k]! >= 48 && whole[k]! <= 57);
  const kind = random(6);
  if (kind === 0) return Buffer.concat([before, Buffer.of(random(256)), after]);
  if (kind === 1) return Buffer.concat([before, Buffer.of(whole[at]! ^ (1 << random(8))), after]);
  if (kind === 2) return Buffer.concat([before, after]);
  if (kind === 3) return Buffer.concat([before, Buffer.of(random(256)), whole.subarray(at)]);
  if (kind === 4) return before;
  const changed = Buffer.from(whole);
  changed[digits[random(digits.length)]!] = 48 + random(10);
  return changed;
}
