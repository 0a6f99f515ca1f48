/**
 * The ledger: what has been computed. A directory, one directory a cell, no database server: it works on NFS, survives
 * any crash, and can be read with `cat`, diffed and copied.
 *
 *     runs/<key>/result.json       the cell's specification and its result; deterministic, so a second run gives the same bytes
 *     runs/<key>/provenance.json   code, machine and time of the run that made it
 *     runs/<key>/sources.json      later sources that give the same graph as those of the provenance
 *     runs/<key>/failure.json      the error of the last attempt, where it failed
 *     runs/<key>/snapshot.*        what an interrupted cell goes on from; removed with its result there
 *     runs/<key>/journal.jsonl     how its attempts went, a line an entry; a line that was cut off is left out
 *
 * provenance.json is written first: where there is a result.json, the cell is complete, and the provenance is of that
 * result, because an earlier result is removed before. A result that cannot be believed
 * (truncated by a foreign tool, of another cell, of another version) counts as absent; reading says which file and why,
 * so that the executor can say so before it computes the cell again.
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

/** Version of the layout of result.json; files of another version are computed again. */
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
  /** Whether the cell has a result that can be believed. */
  has(key: string): Promise<boolean>;
  /** @throws the system's error when the file is there and cannot be read, e.g. EACCES */
  read(key: string): Promise<ReadResult<Result>>;
  /**
   * @returns the record as it can be read back
   * @throws TypeError when spec or result holds what JSON cannot, or whatever `parseResult` throws
   * @throws FileWriteError when a file cannot be written; none is left half-written
   */
  write(key: string, spec: unknown, result: Result, provenance: Provenance): Promise<CellRecord<Result>>;
  /** That an attempt ended in an error; the next result takes its place. @throws FileWriteError */
  writeFailure(key: string, failure: Failure): Promise<void>;
  /** Null where the last attempt did not fail. A result beside it is of an earlier one, and was to be replaced. */
  readFailure(key: string): Promise<Failure | null>;
  /** @throws FileWriteError */
  appendJournal(key: string, entry: JournalEntry): Promise<void>;
  readJournal(key: string): Promise<JournalEntry[]>;
  /** Where the cell's result came from; null when that is not known. Never part of the result. */
  readProvenance(key: string): Promise<Provenance | null>;
  /** What the cell's result was computed by, or what has been found to give the same graph; empty when not known. */
  readCode(key: string): Promise<RecordedCode>;
  /** Notes sources that give the graph of the cell's provenance. @throws FileWriteError */
  writeSources(key: string, code: Required<RecordedCode>): Promise<void>;
  /** Keys of all cells that have a believable result, sorted. */
  list(): Promise<string[]>;
  /** Keys of all cells of which there is anything, sorted. */
  keys(): Promise<string[]>;
  /** Which files there are of a cell, without reading them. */
  state(key: string): Promise<CellState>;
  /** Removes all that there is of a cell. */
  remove(key: string): Promise<void>;
}

/** Hashes of source files and of the graph made from them; whoever runs cells knows of what. */
export type RecordedCode = Pick<Provenance, 'sources' | 'graph'>;

/** `unfinished`: it was started, and neither has a result nor failed. */
export type CellState = 'done' | 'failed' | 'unfinished';

/** Why a cell has no result, as of its last attempt. */
export interface Failure {
  readonly label: string;
  readonly spec: unknown;
  readonly error: { readonly name: string; readonly message: string; readonly stack: string };
  readonly provenance: Provenance;
}

export type JournalEntry = Readonly<Record<string, string | number>>;

export interface LedgerOptions<Result> {
  readonly directory?: string;
  /** Gives a stored result its type, or throws with the reason why it is none. */
  readonly parseResult: (stored: unknown) => Result;
  readonly files?: FileOperations;
}

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
      // Beside the new provenance, the earlier result would pass for what it is not.
      await removeFiles(key, ['result.json', 'failure.json', 'sources.json']);
      for (const [name, content] of [
        ['provenance.json', canonicalJson(provenance)],
        ['result.json', text],
      ] as const) {
        const file = fileOf(key, name);
        await writeFile(file, indented(content), files);
      }
      // What an interrupted attempt has left says nothing beside a result.
      const left = (await namesIn(join(directory, key))).filter((name) => name.startsWith('snapshot.'));
      await removeFiles(key, left).catch(() => {});
      return record;
    },

    async writeFailure(key, failure) {
      await writeFile(fileOf(key, 'failure.json'), indented(canonicalJson(failure)), files);
    },

    async readFailure(key) {
      const text = await readIfPresent(fileOf(key, 'failure.json'));
      return text === null ? null : (JSON.parse(text) as Failure);
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

    async remove(key) {
      await nodeFiles.rm(join(directory, requireKey(key)), { recursive: true, force: true });
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

/** Null where there is nothing, or where the text was cut off. */
function parsedIfWhole<Value>(text: string | null): Value | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Sorted keys and two spaces, so that results differ line by line in a diff. */
function indented(canonical: string): string {
  return `${JSON.stringify(JSON.parse(canonical), null, 2)}\n`;
}

/** A key becomes a directory name; this keeps it inside the ledger. */
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
