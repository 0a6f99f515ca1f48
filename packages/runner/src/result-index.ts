/**
 * The index of a ledger: what was read in its results, so that the next reader parses none of them again.
 *
 *     runs/.index/results.jsonl   a line for each believed result, sealed like every line of the ledger
 *
 * A line names the digest of the result that it was made of. Every reader still reads every result and computes its digest.
 * So a line is used for the very bytes that were parsed, and for no others: the index saves time and changes no outcome. A
 * line that is damaged or of another version is ignored, and anybody may remove the index.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { FileWriteError, sealLine, unseal, writeFile } from '@clce/files';
import type { CellRecord } from './ledger.ts';

/** What a ledger asks of its index. */
export interface ResultIndex<Result> {
  /** The record of the cell's result with this digest; undefined where the result has to be parsed. */
  recall(key: string, digest: string): Pick<CellRecord<Result>, 'spec' | 'result'> | undefined;
  /** Notes a result that was parsed and believed. */
  note(key: string, digest: string, record: Pick<CellRecord<Result>, 'spec' | 'result'>): void;
}

export interface OpenIndex<Result> extends ResultIndex<Result> {
  /** Writes the notes. Nothing happens without a note, or where the ledger cannot be written: a run can do without them. */
  save(): Promise<void>;
  close(): void;
}

export interface IndexOptions<Result> {
  /** Of the ledger. */
  readonly directory: string;
  /** A hash of the programs that parse and judge results. Lines of other versions are ignored. */
  readonly version: string;
  /** What is kept of a result, as JSON. */
  readonly pack: (result: Result) => unknown;
  /** The result; undefined where more of it is needed than was kept. */
  readonly unpack: (packed: unknown, key: string) => Result | undefined;
}

export const INDEX_FOLDER = '.index';
export const INDEX_FILE = 'results.jsonl';

export function openResultIndex<Result>(options: IndexOptions<Result>): OpenIndex<Result> {
  const { directory, version, pack, unpack } = options;
  const file = join(directory, INDEX_FOLDER, INDEX_FILE);
  const lines = linesOf(file, version);
  const notes = new Map<string, Buffer>();
  const find = (key: string, digest: string): Readonly<Record<string, unknown>> | undefined => {
    try {
      const line = lines.read(key);
      const content = line === undefined ? undefined : unseal(line, key);
      return content?.['of'] === digest ? content : undefined;
    } catch {
      // A line that is damaged or cannot be read is as good as none.
      return undefined;
    }
  };
  return {
    recall(key, digest) {
      const found = find(key, digest);
      const result = found && unpack(found['result'], key);
      return result === undefined ? undefined : { spec: found!['spec'], result };
    },

    note(key, digest, { spec, result }) {
      if (find(key, digest) !== undefined) return;
      notes.set(key, Buffer.from(`${sealLine(key, { version, of: digest, spec, result: pack(result) })}\n`));
    },

    async save() {
      if (notes.size === 0) return;
      try {
        await writeFile(file, partsOf(lines, notes, new Set(readdirSync(directory))));
        notes.clear();
      } catch (error) {
        if (!(error instanceof FileWriteError)) throw error;
      }
    },

    close: lines.close,
  };
}

/** Bytes that are read or written at a time. */
const PART = 2 ** 20;

/** The notes, and the lines of cells that the ledger still has. */
function* partsOf(
  lines: IndexLines,
  notes: ReadonlyMap<string, Buffer>,
  cells: ReadonlySet<string>,
): Generator<Uint8Array> {
  let part: Buffer[] = [];
  let size = 0;
  for (const key of new Set([...lines.keys(), ...notes.keys()])) {
    const noted = notes.get(key);
    const line = noted ?? (cells.has(key) ? Buffer.from(`${lines.read(key)}\n`) : Buffer.alloc(0));
    part.push(line);
    size += line.length;
    if (size < PART) continue;
    yield Buffer.concat(part);
    [part, size] = [[], 0];
  }
  yield Buffer.concat(part);
}

interface IndexLines {
  readonly keys: () => Iterable<string>;
  /** The last line of this key, as it is in the file. */
  readonly read: (key: string) => string | undefined;
  readonly close: () => void;
}

/** Lines of this version, by the key that they begin with. The file stays open, because its lines may outgrow the memory. */
function linesOf(path: string, version: string): IndexLines {
  const places = new Map<string, { readonly at: number; readonly length: number }>();
  const file = openIfFile(path);
  let buffer = Buffer.allocUnsafe(PART);
  const head = `"version":"${version}",`;
  for (let at = 0; file !== undefined; ) {
    const got = readOrNothing(file, buffer, at);
    let start = 0;
    for (let end = lineEnd(buffer, start, got); end >= 0; end = lineEnd(buffer, start, got)) {
      const keyEnd = buffer.indexOf('"', start + KEY_AT);
      if (buffer.toString('latin1', keyEnd + 2, keyEnd + 2 + head.length) === head) {
        places.set(buffer.toString('latin1', start + KEY_AT, keyEnd), {
          at: at + start,
          length: end - start,
        });
      }
      start = end + 1;
    }
    if (got < buffer.length || buffer.length > LONGEST_LINE) break;
    if (start === 0) buffer = Buffer.allocUnsafe(2 * buffer.length);
    at += start;
  }
  return {
    keys: () => places.keys(),
    read(key) {
      const place = places.get(key);
      if (place === undefined || file === undefined) return undefined;
      const got = readSync(file, buffer, 0, place.length, place.at);
      return buffer.toString('utf8', 0, got);
    },
    close() {
      if (file !== undefined) closeSync(file);
      places.clear();
    },
  };
}

function readOrNothing(file: number, buffer: Buffer, at: number): number {
  try {
    return readSync(file, buffer, 0, buffer.length, at);
  } catch {
    return 0;
  }
}

/** Where the key stands in a sealed line, whose digest has 64 digits. */
const KEY_AT = '{"digest":"","key":"'.length + 64;
const LONGEST_LINE = 64 * PART;

function lineEnd(buffer: Buffer, start: number, end: number): number {
  const at = buffer.indexOf(LINE_FEED, start);
  return at < end ? at : -1;
}

const LINE_FEED = 10;

/** Undefined where the index is absent, is no file or cannot be read: readers can do without it. */
function openIfFile(path: string): number | undefined {
  try {
    // Opening a pipe would wait for a writer.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
    return undefined;
  } catch {
    return undefined;
  }
}
