import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { canonicalJson, type FileOperations, seal, sealedDigest, sealLine } from '@clce/files';
import { describe, expect, it } from 'vitest';
import { cellKey } from '../cell.ts';
import { openLeases } from '../leases/leases.ts';
import { type Ledger, openLedger } from '../ledger.ts';
import type { Provenance } from '../provenance.ts';
import { keysWithResults } from '../testing/keys-with-results.ts';
import { provenance } from '../testing/provenance.ts';
import { temporaryDirectory } from '../testing/temporary-directory.ts';
import { addPacks } from './add-packs.ts';
import { packCells, resultsIn } from './pack-cells.ts';
import { type Pack, readPack } from './pack-file.ts';

const NUMERICS = 3;
const specOf = (seed: number, numericsVersion = NUMERICS) => ({ seed, numericsVersion });
const keys = [0, 1, 2, 3].map((seed) => cellKey(specOf(seed)));
const sorted = keys.toSorted();

interface Accuracies {
  readonly correct: readonly number[];
}

function parseResult(stored: unknown): Accuracies {
  const { correct } = stored as Accuracies;
  if (!correct.every((count) => count <= 9)) throw new TypeError(`${Math.max(...correct)} of 9 are correct`);
  return { correct };
}

const open = (directory: string, files?: FileOperations): Ledger<Accuracies> =>
  openLedger({ directory, parseResult, ...(files && { files }), onBroken: () => {} });

const resultOf = (seed: number): Accuracies => ({
  correct: Array.from({ length: 12 }, (_, k) => (k * 7 + seed) % 10),
});

async function ledgerOf(seeds: readonly number[], of: Partial<Provenance> = {}): Promise<Ledger<Accuracies>> {
  const ledger = open(join(temporaryDirectory(), 'runs'));
  for (const seed of seeds) {
    const about = { ...provenance, sources: 'f11e5', graph: `graph ${seed}`, ...of };
    await ledger.write(keys[seed]!, specOf(seed), resultOf(seed), about);
  }
  return ledger;
}

/** Writes the pack into a file, and gives the path. */
function fileOf({ parts }: Pick<Pack, 'parts'>): string {
  const file = join(temporaryDirectory(), 'cells.pack');
  writeFileSync(file, Buffer.concat(parts));
  return file;
}

const packed = (ledger: Ledger<unknown>, more: Partial<Parameters<typeof packCells>[0]> = {}) =>
  packCells({ ledger, numericsVersion: NUMERICS, onLeftOut: () => {}, ...more });
const packedFile = async (seeds: readonly number[], of?: Partial<Provenance>) =>
  fileOf(await packed(await ledgerOf(seeds, of)));
const add = (ledger: Ledger<unknown>, ...files: string[]) =>
  addPacks({ ledger, files, numericsVersion: NUMERICS });
const emptyLedger = () => open(join(temporaryDirectory(), 'other'));

/** Every file of the ledger's cells, by its path. */
function filesIn({ directory }: Ledger<unknown>): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /json/.test(name),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

/** The pack's lines without their breaks. */
function linesIn(file: string): string[] {
  const bytes = readFileSync(file);
  const content = brotliDecompressSync(bytes.subarray(bytes.indexOf('\n') + 1)).toString();
  return content.trimEnd().split('\n');
}

/** A pack of these lines with right digests. */
function forged(lines: readonly string[], head: object = {}): string {
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  const compressed = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const first = canonicalJson({
    ...{
      bytes: content.length,
      cells: lines.length,
      compressed: sha256(compressed),
      digest: sha256(content),
    },
    ...{ layout: 1, ledger: 2, ...head },
  });
  return fileOf({ parts: [Buffer.from(`${first}\n`), compressed] });
}

/** A sealed line of a cell with other entries, and the digest of its result right unless given. */
function forgedLine(
  seed: number,
  { key = keys[seed]!, ...other }: Record<string, unknown> & { key?: string } = {},
) {
  const [spec, result] = [other['spec'] ?? specOf(seed), other['result'] ?? resultOf(seed)];
  const digest = sealedDigest(seal(key, { schemaVersion: 2, spec, result }));
  const about = { ...provenance, result: digest, ...(other['provenance'] as object | undefined) };
  return sealLine(key, JSON.parse(canonicalJson({ provenance: about, result, spec })) as object);
}

/** Refused in one line with this in it, and the ledger has nothing afterwards. */
async function expectRefused(files: string | string[], reason: RegExp): Promise<void> {
  const ledger = emptyLedger();
  const error = await add(ledger, ...[files].flat()).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(error?.message).toMatch(reason);
  expect(error?.message).not.toContain('\n');
  expect(await keysWithResults(ledger)).toEqual([]);
}

describe('a pack', () => {
  it('brings results and provenances to another ledger, byte for byte', async () => {
    const from = await ledgerOf([0, 1, 2]);
    const to = emptyLedger();
    expect(await add(to, fileOf(await packed(from)))).toMatchObject({ present: 0, held: [] });
    expect(filesIn(to)).toEqual(filesIn(from));
    expect(Object.keys(filesIn(to))).toHaveLength(6);
    expect(await to.readCode(keys[1]!)).toEqual({ sources: 'f11e5', graph: 'graph 1' });
  });

  it('of the same cells has the same bytes, whatever else lies in the ledger', async () => {
    const one = await ledgerOf([0, 1, 2]);
    const other = await ledgerOf([2, 1, 0]);
    await other.appendJournal(keys[0]!, { event: 'started' });
    await other.writeSources(keys[0]!, { sources: 'la7e4', graph: 'graph 0' });
    writeFileSync(join(other.directory, keys[1]!, 'snapshot.safetensors'), 'half a training');
    writeFileSync(join(other.directory, 'notes.txt'), 'not of the ledger');
    const [first, second] = [await packed(one), await packed(other)];
    expect(second).toEqual(first);
    expect(first.cells).toBe(3);
    const lines = linesIn(fileOf(first));
    expect(lines.map((line) => JSON.parse(line).key)).toEqual(keys.slice(0, 3).toSorted());
    expect(first.digest).toBe(
      createHash('sha256')
        .update(`${lines.join('\n')}\n`)
        .digest('hex'),
    );
  });

  it('holds the wanted cells, and is refused where one of them is not finished', async () => {
    const ledger = await ledgerOf([0, 1]);
    expect((await packed(ledger, { keys: [keys[1]!] })).cells).toBe(1);
    await expect(packed(ledger, { keys: [keys[1]!, keys[2]!] })).rejects.toThrow(
      new RegExp(`cell ${keys[2]} has no result in .*; a run computes it`),
    );
  });

  it('leaves out, with a line each, what does not travel', async () => {
    const ledger = await ledgerOf([0, 1, 2, 3]);
    const earlier = specOf(0, NUMERICS - 1);
    await ledger.write(cellKey(earlier), earlier, resultOf(0), provenance);
    writeFileSync(join(ledger.directory, keys[0]!, 'result.json'), 'damaged');
    await nodeFiles.rm(join(ledger.directory, keys[1]!, 'provenance.json'));
    const error = { name: 'Error', message: 'NaN', stack: '' };
    await ledger.writeFailure(keys[2]!, { label: '', spec: specOf(2), error, provenance });
    const left: string[] = [];
    const pack = await packed(ledger, { onLeftOut: (line) => left.push(line) });
    expect(pack.cells).toBe(1);
    const reasons = {
      [keys[0]!]: 'cannot be believed',
      [keys[1]!]: 'has no provenance',
      [keys[2]!]: 'failed',
    };
    const expected = Object.entries({
      ...reasons,
      [cellKey(earlier)]: 'has numerics 2, and this',
    }).toSorted();
    expect(left.toSorted()).toEqual(
      expected.map(([key, reason]) =>
        expect.stringMatching(new RegExp(`^cell ${key} is left out: .*${reason}`)),
      ),
    );
  });

  it('after others holds the cells that they lack', async () => {
    const ledger = await ledgerOf([0, 1, 2]);
    const first = await packedFile([0, 1]);
    const without = await resultsIn([first]);
    const second = await packed(ledger, { without });
    expect(linesIn(fileOf(second))).toHaveLength(1);
    const to = emptyLedger();
    await add(to, first, fileOf(second));
    expect(filesIn(to)).toEqual(filesIn(ledger));
    await ledger.write(keys[0]!, specOf(0), { correct: [1] }, provenance);
    await expect(packed(ledger, { without })).rejects.toThrow(
      /another result in .* than in the earlier packs/,
    );
  });
});

describe('adding packs', () => {
  it('twice is adding once, and the order does not matter', async () => {
    const [a, b] = [await packedFile([0, 1, 2]), await packedFile([1, 2, 3])];
    const [one, other, together] = [emptyLedger(), emptyLedger(), emptyLedger()];
    expect((await add(one, a)).added.toSorted()).toEqual(keys.slice(0, 3).toSorted());
    expect(await add(one, b)).toEqual({ added: [keys[3]], present: 2, held: [] });
    expect(await add(one, a, b)).toEqual({ added: [], present: 4, held: [] });
    await add(other, b);
    await add(other, a);
    await add(together, b, a);
    expect(await keysWithResults(one)).toEqual(sorted);
    expect(filesIn(other)).toEqual(filesIn(one));
    expect(filesIn(together)).toEqual(filesIn(one));
  });

  it('takes the provenance of the result that was there first, in whatever order the packs stand', async () => {
    const late = await packedFile([0], { endedAt: '2025-01-01T00:00:00.000Z', cpu: 'late' });
    const early = await packedFile([0], { endedAt: '2024-01-01T00:00:00.000Z', cpu: 'early' });
    for (const files of [
      [late, early],
      [early, late],
    ]) {
      const ledger = emptyLedger();
      expect(await add(ledger, ...files)).toMatchObject({ added: [keys[0]] });
      expect(await ledger.readProvenance(keys[0]!)).toMatchObject({ cpu: 'early' });
    }
  });

  it('replaces damaged results, failures and results without provenance, and clears what an attempt left', async () => {
    const ledger = await ledgerOf([0, 1]);
    writeFileSync(join(ledger.directory, keys[0]!, 'result.json'), 'damaged');
    await nodeFiles.rm(join(ledger.directory, keys[1]!, 'provenance.json'));
    const error = { name: 'Error', message: 'NaN', stack: '' };
    await ledger.writeFailure(keys[2]!, { label: '', spec: specOf(2), error, provenance });
    writeFileSync(join(ledger.directory, keys[2]!, 'snapshot.safetensors'), 'half a training');
    const file = await packedFile([0, 1, 2]);
    expect(await add(ledger, file)).toMatchObject({ present: 0 });
    expect(filesIn(ledger)).toEqual(filesIn(await ledgerOf([0, 1, 2])));
    expect(readdirSync(join(ledger.directory, keys[2]!)).sort()).toEqual(['provenance.json', 'result.json']);
  });

  it('leaves a cell to the run that computes it', async () => {
    const ledger = emptyLedger();
    const self = { runner: 'other', host: 'node7', machine: 'other', pid: 1, started: null };
    const attempt = await openLeases({ directory: ledger.directory, self }).acquire(keys[0]!);
    const file = await packedFile([0, 1]);
    expect(await add(ledger, file)).toMatchObject({
      added: [keys[1]],
      held: [{ key: keys[0], owner: { host: 'node7' } }],
    });
    if (attempt.state === 'leased') await attempt.lease.release();
    expect(await add(ledger, file)).toMatchObject({ added: [keys[0]], present: 1 });
  });

  it('adds nothing where one cell has another result in the ledger, or in another pack', async () => {
    const ledger = await ledgerOf([0]);
    const before = filesIn(ledger);
    const other = forged([forgedLine(0, { result: { correct: [1] } }), forgedLine(1)].toSorted(byKey));
    await expect(add(ledger, other)).rejects.toThrow(
      new RegExp(
        `cell ${keys[0]}: .* has another result of it, and their graphs differ, .*"\\./clce rm ${keys[0]!.slice(0, 12)}"`,
      ),
    );
    expect(filesIn(ledger)).toEqual(before);
    const mine = await packedFile([0, 2]);
    await expectRefused(
      [mine, other],
      new RegExp(`cell ${keys[0]}: .*cells\\.pack has another result of it`),
    );
    await expectRefused(
      [other, mine],
      new RegExp(`cell ${keys[0]}: .*cells\\.pack has another result of it`),
    );
  });

  it('refuses results of another kind of processor, unless the ledger has no other', async () => {
    const arm = await packedFile([0, 1], { platform: 'linux-arm64', instructionSets: ['asimd'] });
    const old = await packedFile([2], { instructionSets: ['avx'] });
    const alone = emptyLedger();
    expect(await add(alone, arm)).toMatchObject({ present: 0 });
    await expect(add(alone, await packedFile([3]))).rejects.toThrow(
      /it was computed on x86-64 with AVX2 and FMA, and .* has cells of linux-arm64 with .* asimd, which may give other bits/,
    );
    const ledger = await ledgerOf([3]);
    await expect(add(ledger, old)).rejects.toThrow(
      /computed on linux-x64 with the instruction sets avx, and/,
    );
    await expectRefused([arm, old], /another cell of the packs is of linux-arm64/);
  });

  it('interrupted at any operation, has added whole cells, and the next call adds the rest', async () => {
    const file = await packedFile([0, 1]);
    const whole = filesIn(await ledgerOf([0, 1]));
    let failures = 0;
    for (let n = 0; ; n++) {
      const directory = join(temporaryDirectory(), 'runs');
      const failed = await add(open(directory, failingAt(n)), file).then(
        () => false,
        () => true,
      );
      const ledger = open(directory);
      for (const key of await keysWithResults(ledger)) {
        for (const name of ['result.json', 'provenance.json']) {
          expect(readFileSync(join(directory, key, name), 'utf8')).toBe(whole[join(key, name)]);
        }
      }
      await add(ledger, file);
      expect(filesIn(ledger)).toEqual(whole);
      if (!failed) break;
      failures++;
    }
    expect(failures).toBeGreaterThan(15);
  });
});

const byKey = (a: string, b: string) => (JSON.parse(a).key < JSON.parse(b).key ? -1 : 1);

/** File operations of which the n-th fails. */
function failingAt(n: number): FileOperations {
  let count = 0;
  const guarded =
    <Words extends unknown[], Value>(operation: (...words: Words) => Promise<Value>) =>
    (...words: Words): Promise<Value> =>
      count++ === n ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) : operation(...words);
  return {
    appendFile: guarded(nodeFiles.appendFile) as typeof nodeFiles.appendFile,
    mkdir: guarded(nodeFiles.mkdir) as typeof nodeFiles.mkdir,
    rename: guarded(nodeFiles.rename),
    rm: guarded(nodeFiles.rm),
    open: guarded(nodeFiles.open),
  };
}

/** Why the pack cannot be read to its end. */
async function faultOf(file: string): Promise<string> {
  try {
    for await (const _ of readPack(file));
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a pack that is not as it was written is refused', () => {
  it('at every byte that changes, in most cases with the name of a cell', async () => {
    const file = await packedFile([0, 1, 2]);
    const bytes = readFileSync(file);
    const content = bytes.indexOf('\n') + 1;
    let named = 0;
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 8);
      writeFileSync(file, changed);
      const message = await faultOf(file);
      expect(message, `byte ${at}`).toMatch(/^[^\n]*cells\.pack[^\n]*$/);
      if (at >= content && /, cell ([0-9a-f]{64}|\d of 3)/.test(message)) named++;
    }
    expect(named).toBeGreaterThan((bytes.length - content) / 2);
  });

  it('at every length that is shorter, and where something follows', async () => {
    const file = await packedFile([0, 1]);
    const bytes = readFileSync(file);
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length));
      expect(await faultOf(file), `${length} bytes`).toMatch(/^[^\n]*cells\.pack[^\n]*$/);
    }
    await expectRefused(fileOf({ parts: [bytes, Buffer.from('x')] }), /something follows its last cell/);
  });

  it('with the name of the cell whose line has changed', async () => {
    const lines = linesIn(await packedFile([0, 1, 2]));
    const changed = lines.with(1, lines[1]!.replace('"correct":[', '"correct":[1,'));
    await expectRefused(
      forged(changed),
      new RegExp(`cell ${JSON.parse(lines[1]!).key}, cannot be believed: it has changed`),
    );
  });

  it('with cells in another order, twice, missing, or more than it says', async () => {
    const lines = linesIn(await packedFile([0, 1, 2]));
    const order = /it stands after [0-9a-f]{64}, and keys are in order, each once/;
    await expectRefused(forged(lines.toReversed()), order);
    await expectRefused(forged([lines[0]!, lines[0]!]), order);
    await expectRefused(forged(lines.slice(1), { cells: 3 }), /it holds 2 cells, and its first line says 3/);
    await expectRefused(forged(lines, { cells: 2 }), /it is one more than the 2/);
    await expectRefused(forged(lines, { digest: 'a'.repeat(64) }), /its cells are not those of its digest/);
  });

  it('of other numerics, and of another layout of pack or ledger', async () => {
    const spec = specOf(0, NUMERICS + 1);
    const key = cellKey(spec);
    await expectRefused(
      forged([forgedLine(0, { key, spec })]),
      new RegExp(`cell ${key}: it has numerics 4, and this version has 3; use the version that packed it`),
    );
    await expectRefused(
      forged([forgedLine(0)], { layout: 2 }),
      /has the layout 2, and this version reads 1; use/,
    );
    await expectRefused(
      forged([forgedLine(0)], { ledger: 3 }),
      /has the layout of the ledger 3, and this version/,
    );
  });

  it.each([
    ['a specification of another cell', { key: keys[1]! }, /its specification is the one of cell/],
    ['counts out of bounds', { result: { correct: [10] } }, /10 of 9 are correct/],
    ['the provenance of another result', { provenance: { result: 'a'.repeat(64) } }, /is of another result/],
    [
      'a provenance without the digest of its result',
      { provenance: { result: 7 } },
      /not the entries of a cell/,
    ],
    ['half a provenance', { provenance: { cores: 'two' } }, /not the content of a provenance.json \(cores/],
    ['a provenance that sets the layout', { provenance: { schemaVersion: 1 } }, /an entry "schemaVersion"/],
    ['a provenance that sets its key', { provenance: { key: 'b' } }, /an entry "key"/],
  ])('with %s, though every digest is right', async (_, other, reason) => {
    await expectRefused(forged([forgedLine(0, other)]), reason);
  });

  it.each([
    '../../escape',
    '/etc/passwd',
    'a'.repeat(63),
    'A'.repeat(64),
    `${'a'.repeat(64)}/x`,
    '.',
    'a\\u0000',
  ])('with the name %j in the place of a key', async (key) => {
    await expectRefused(
      forged([forgedLine(0, { key })]),
      /cell 1 of 1, cannot be believed: .* a digest and a key/,
    );
  });

  it('with another spelling of the same cell', async () => {
    const content = {
      spec: specOf(0),
      result: resultOf(0),
      provenance: { ...provenance, result: 'a'.repeat(64) },
    };
    await expectRefused(forged([sealLine(keys[0]!, content)]), /not spelled as a pack spells it/);
    const line = forgedLine(0);
    const file = readFileSync(forged([line]))
      .toString('latin1')
      .replace('{"bytes"', '{ "bytes"');
    await expectRefused(fileOf({ parts: [Buffer.from(file, 'latin1')] }), /first line is not spelled/);
  });

  it('that decompresses to more than it says, or to an endless line', async () => {
    const lines = [forgedLine(0)];
    await expectRefused(forged(lines, { bytes: 100 }), /it holds more than 100 bytes of cells/);
    const bomb = forged(['0'.repeat(80 * 2 ** 20)], { bytes: 4 * 2 ** 30 });
    expect(readFileSync(bomb).length).toBeLessThan(1000);
    await expectRefused(bomb, /its line has more than 67108864 bytes/);
    await expectRefused(forged(lines, { bytes: 5 * 2 ** 30 }), /is no pack of cells: bytes: Too big/);
  });

  it('that is none: a folder, an empty file, a table, nothing', async () => {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, 'a'));
    await expectRefused(join(folder, 'a'), /a is no pack of cells: it is a folder/);
    await expectRefused(join(folder, 'b'), /there is no file .*b$/);
    await expectRefused(fileOf({ parts: [] }), /no first line/);
    await expectRefused(
      fileOf({ parts: [Buffer.from('dataset,loss\nicons,CE\n')] }),
      /first line is no JSON/,
    );
    await expectRefused(fileOf({ parts: [Buffer.from('[1]\n')] }), /is no pack of cells: /);
  });
});
