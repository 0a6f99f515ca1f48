/**
 * The ledger stores computed cells: a directory with one folder for each cell, and no database server. It works on NFS,
 * survives any crash, and can be read with `cat`, diffed and copied.
 *
 *     runs/<key>/result.json       the cell's specification and result; deterministic, so a second run gives the same bytes
 *     runs/<key>/provenance.json   code, machine and time of the run that computed the result
 *     runs/<key>/sources.json      later sources that give the same graph as the sources in provenance.json
 *     runs/<key>/failure.json      the error of the last attempt, if it failed
 *     runs/<key>/snapshot.*        the state from which an interrupted cell continues; removed once there is a result
 *     runs/<key>/journal.jsonl     the course of the attempts, one entry a line; readers skip a truncated line
 *
 * `write` removes an earlier result, then writes provenance.json, then result.json. So a cell with a result.json is
 * complete, and its provenance belongs to that result.
 *
 * A result is invalid when it is truncated, belongs to another cell or has another version. An invalid result counts as
 * absent. `read` says which file is invalid and why, so that the executor can report it before it computes the cell again.
 */
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import {
  appendLine,
  canonicalJson,
  type FileOperations,
  FileWriteError,
  ifAbsent,
  writeFile,
} from '@clce/files';
import type { Provenance } from './provenance.ts';

/** Version of the layout of result.json. Cells with another version are computed again. */
const SCHEMA_VERSION = 1;

/** The content of a result.json. */
export interface CellRecord<Result> {
  readonly schemaVersion: number;
  readonly key: string;
  readonly spec: unknown;
  readonly result: Result;
}

export type ReadResult<Result> =
  | { readonly state: 'present'; readonly record: CellRecord<Result> }
  | { readonly state: 'absent' }
  | { readonly state: 'disbelieved'; readonly file: string; readonly reason: string };

export interface Ledger<Result> {
  readonly directory: string;
  /** Whether the cell has a valid result. */
  has(key: string): Promise<boolean>;
  /** @throws the system's error when the file exists and cannot be read, e.g. EACCES */
  read(key: string): Promise<ReadResult<Result>>;
  /**
   * @returns the record as `read` will return it
   * @throws TypeError when spec or result holds a value that JSON cannot represent, or any error of `parseResult`
   * @throws FileWriteError when a file cannot be written; no file is left half-written
   */
  write(key: string, spec: unknown, result: Result, provenance: Provenance): Promise<CellRecord<Result>>;
  /** Records that an attempt ended in an error. The next result replaces the record. @throws FileWriteError */
  writeFailure(key: string, failure: Failure): Promise<void>;
  /** Null where the last attempt did not fail. A result beside a failure comes from an earlier attempt. */
  readFailure(key: string): Promise<Failure | null>;
  /** @throws FileWriteError */
  appendJournal(key: string, entry: JournalEntry): Promise<void>;
  readJournal(key: string): Promise<JournalEntry[]>;
  /** The provenance of the cell's result; null when unknown. It is never part of the result. */
  readProvenance(key: string): Promise<Provenance | null>;
  /** The code that computed the cell's result, or later code with the same graph; empty when unknown. */
  readCode(key: string): Promise<RecordedCode>;
  /** Records later sources that give the graph of the cell's provenance. @throws FileWriteError */
  writeSources(key: string, code: Required<RecordedCode>): Promise<void>;
  /** Keys of all cells that have a valid result, sorted. */
  list(): Promise<string[]>;
  /** Keys of all cells that have a folder, sorted. */
  keys(): Promise<string[]>;
  /** The state of a cell, from the names of its files. No file is read. */
  state(key: string): Promise<CellState>;
}

/** Hashes of source files and of the graph made from them. The caller that runs cells computes them. */
export type RecordedCode = Pick<Provenance, 'sources' | 'graph'>;

/** An `unfinished` cell was started, but has neither a result nor a failure. */
export type CellState = 'done' | 'failed' | 'unfinished';

/** Why the last attempt at a cell gave no result. */
export interface Failure {
  readonly label: string;
  readonly spec: unknown;
  readonly error: { readonly name: string; readonly message: string; readonly stack: string };
  readonly provenance: Provenance;
}

export type JournalEntry = Readonly<Record<string, string | number>>;

export interface LedgerOptions<Result> {
  readonly directory?: string;
  /** Parses a stored result; throws an error with the reason when the value is not a result. */
  readonly parseResult: (stored: unknown) => Result;
  readonly files?: FileOperations;
}

/** One long closure: each method of the ledger is short, and all share the directory and the parser. */
export function openLedger<Result>({
  directory = 'runs',
  parseResult,
  files,
}: LedgerOptions<Result>): Ledger<Result> {
  const fileOf = (key: string, name: string): string => join(directory, requireKey(key), name);

  const read = async (key: string): Promise<ReadResult<Result>> => {
    const file = fileOf(key, 'result.json');
    const text = await readIfPresent(file);
    if (text === null) return { state: 'absent' };
    try {
      return { state: 'present', record: parseRecord(text, key, parseResult) };
    } catch (error) {
      return { state: 'disbelieved', file, reason: error instanceof Error ? error.message : String(error) };
    }
  };

  const has = async (key: string): Promise<boolean> => (await read(key)).state === 'present';

  const removeFiles = async (key: string, names: readonly string[]): Promise<void> => {
    const there = await namesIn(join(directory, key));
    for (const name of names.filter((one) => there.includes(one))) {
      const file = fileOf(key, name);
      await (files ?? nodeFiles).rm(file, { force: true }).catch((error: unknown) => {
        throw new FileWriteError(file, error);
      });
    }
  };

  const keys = async (): Promise<string[]> =>
    (await namesIn(directory)).filter((name) => KEY.test(name)).sort();

  return {
    directory,
    has,
    read,

    async write(key, spec, result, provenance) {
      const text = canonicalJson({ schemaVersion: SCHEMA_VERSION, key, spec, result });
      const record = parseRecord(text, key, parseResult);
      // Otherwise a crash could leave the earlier result beside the new provenance.
      await removeFiles(key, ['result.json', 'failure.json', 'sources.json']);
      for (const [name, content] of [
        ['provenance.json', canonicalJson(provenance)],
        ['result.json', text],
      ] as const) {
        const file = fileOf(key, name);
        await writeFile(file, indented(content), files);
      }
      // A snapshot is useless once there is a result.
      const left = (await namesIn(join(directory, key))).filter((name) => name.startsWith('snapshot.'));
      await removeFiles(key, left).catch(() => {});
      return record;
    },

    async writeFailure(key, failure) {
      await writeFile(fileOf(key, 'failure.json'), indented(canonicalJson(failure)), files);
    },

    async readFailure(key) {
      const text = await readIfPresent(fileOf(key, 'failure.json'));
      return parsedIfWhole(text);
    },

    appendJournal: (key, entry) => appendLine(fileOf(key, 'journal.jsonl'), JSON.stringify(entry), files),

    async readJournal(key) {
      const text = (await readIfPresent(fileOf(key, 'journal.jsonl'))) ?? '';
      return text.split('\n').flatMap((line) => {
        try {
          return [JSON.parse(line) as JournalEntry];
        } catch {
          return [];
        }
      });
    },

    async readProvenance(key) {
      return parsedIfWhole(await readIfPresent(fileOf(key, 'provenance.json')));
    },

    async readCode(key) {
      const read = async (name: string) =>
        parsedIfWhole<RecordedCode>(await readIfPresent(fileOf(key, name))) ?? {};
      const own = await read('provenance.json');
      const later = await read('sources.json');
      const { sources, graph } = later.graph === own.graph ? { ...own, ...later } : own;
      return { ...(sources !== undefined && { sources }), ...(graph !== undefined && { graph }) };
    },

    async writeSources(key, code) {
      await writeFile(fileOf(key, 'sources.json'), indented(canonicalJson(code)), files);
    },

    async list() {
      const all = await keys();
      const believed = await Promise.all(all.map(has));
      return all.filter((_, i) => believed[i]);
    },

    keys,

    async state(key) {
      const names = await namesIn(join(directory, requireKey(key)));
      if (names.includes('failure.json')) return 'failed';
      return names.includes('result.json') ? 'done' : 'unfinished';
    },
  };
}

function parseRecord<Result>(
  text: string,
  key: string,
  parseResult: (stored: unknown) => Result,
): CellRecord<Result> {
  const stored: unknown = JSON.parse(text);
  if (typeof stored !== 'object' || stored === null) throw new Error('it holds no object');
  const { schemaVersion, key: storedKey, spec, result }: Partial<Record<string, unknown>> = { ...stored };
  if (schemaVersion !== SCHEMA_VERSION) {
    throw new Error(`its schemaVersion is ${JSON.stringify(schemaVersion)}, not ${SCHEMA_VERSION}`);
  }
  if (storedKey !== key) throw new Error(`it belongs to cell ${JSON.stringify(storedKey)}`);
  return { schemaVersion, key, spec, result: parseResult(result) };
}

/** Null where the text is absent or truncated. */
function parsedIfWhole<Value>(text: string | null): Value | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** JSON with sorted keys and an indent of two spaces, so that a diff shows single entries. */
function indented(canonical: string): string {
  return `${JSON.stringify(JSON.parse(canonical), null, 2)}\n`;
}

/** A key becomes a folder name. The pattern keeps the folder inside the ledger. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

function requireKey(key: string): string {
  if (!KEY.test(key)) throw new RangeError(`"${key}" cannot be a cell's key: letters, digits, ".", "_", "-"`);
  return key;
}

function readIfPresent(file: string): Promise<string | null> {
  return nodeFiles.readFile(file, 'utf8').catch(ifAbsent(null));
}

function namesIn(directory: string): Promise<string[]> {
  return nodeFiles.readdir(directory).catch(ifAbsent<string[]>([]));
}
