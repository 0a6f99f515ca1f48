/**
 * The ledger stores computed cells: a directory with one folder for each cell, and no database server. It works on NFS,
 * survives any crash, and can be read with `cat`, diffed and copied.
 *
 *     runs/<key>/result.json       the cell's specification and result; deterministic, so a second run gives the same bytes
 *     runs/<key>/provenance.json   code, machine and time of the run that computed the result, and the result's digest
 *     runs/<key>/sources.json      later sources that give the same graph as the sources in provenance.json
 *     runs/<key>/failure.json      the error of the last attempt, if it failed
 *     runs/<key>/snapshot.*        the state from which an interrupted cell continues; removed once there is a result
 *     runs/<key>/journal.jsonl     the course of the attempts, one entry a line; readers skip a truncated line
 *
 * `write` removes an earlier result, then writes provenance.json, then result.json. So a cell with a result.json is
 * complete. A result whose provenance holds the digest of another result is not believed.
 *
 * Every JSON file and every line of the journal is sealed: it holds the key of its cell and a digest of itself. A file
 * that is truncated, changed, of another kind, of another cell or of another layout counts as absent, as does a result
 * whose specification is not the one of its key. `onBroken` gets each such file once, with the reason and what computes it
 * again.
 */
import { existsSync, readdirSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import {
  appendLine,
  type FileOperations,
  FileWriteError,
  ifAbsent,
  seal,
  sealedDigest,
  writeFile,
} from '@clce/files';
import { UserError } from '@clce/registry';
import { cellKey } from './cell.ts';
import { type JournalEntry, journalLine, parseJournal } from './journal.ts';
import { type Provenance, sharing } from './provenance.ts';
import type { ResultIndex } from './result-index.ts';
import {
  type BrokenFile,
  brokenFileLine,
  type Content,
  contentOf,
  REMEDIES,
  readBytes,
  readSealed,
  SCHEMA_VERSION,
  type SealedFile,
  type StoredProvenance,
} from './sealed-files.ts';

/** The content of a result.json. */
export interface CellRecord<Result> {
  readonly schemaVersion: number;
  readonly key: string;
  readonly spec: unknown;
  readonly result: Result;
  /** The digest with which the file begins. Results with the same digest are the same, byte for byte. */
  readonly digest: string;
}

export interface StoredResult<Result> {
  readonly state: 'present';
  readonly record: CellRecord<Result>;
  /** Null when unknown. It is never part of the result. */
  readonly provenance: Provenance | null;
}

export type ReadResult<Result> =
  | StoredResult<Result>
  | { readonly state: 'absent' }
  | ({ readonly state: 'disbelieved' } & BrokenFile);

export interface Ledger<Result> {
  readonly directory: string;
  /** Whether the cell has a valid result. */
  has(key: string): Promise<boolean>;
  /** @throws the system's error when the file exists and cannot be read, e.g. EACCES */
  read(key: string): Promise<ReadResult<Result>>;
  /** The specification in a sealed result, whether or not the result is one of this version; undefined without one. */
  readSpec(key: string): Promise<unknown>;
  /**
   * @param result what `parseResult` accepts
   * @returns the record as `read` will return it
   * @throws TypeError when spec or result holds a value that JSON cannot represent, or any error of `parseResult`
   * @throws FileWriteError when a file cannot be written; no file is left half-written
   */
  write(key: string, spec: unknown, result: unknown, provenance: Provenance): Promise<CellRecord<Result>>;
  /** The record as `write` would return it; writes nothing. @throws as `write` does where it refuses */
  recordOf(key: string, spec: unknown, result: unknown): CellRecord<Result>;
  /** Records that an attempt ended in an error. The next result replaces the record. @throws FileWriteError */
  writeFailure(key: string, failure: Failure): Promise<void>;
  /** Null where the last attempt did not fail. A result beside a failure comes from an earlier attempt. */
  readFailure(key: string): Promise<Failure | null>;
  /** @throws FileWriteError */
  appendJournal(key: string, entry: JournalEntry): Promise<void>;
  readJournal(key: string): Promise<readonly JournalEntry[]>;
  /** The journal's file, if a line is broken, missing or out of its place. */
  brokenJournal(key: string): Promise<BrokenFile | null>;
  /** The provenance of the cell's result; null when unknown. It is never part of the result. */
  readProvenance(key: string): Promise<Provenance | null>;
  /**
   * The code that computed the cell's result, or later code with the same graph; empty when unknown.
   *
   * @param provenance of the result, where it has been read
   */
  readCode(key: string, provenance?: Provenance | null): Promise<RecordedCode>;
  /** Records later sources that give the graph of the cell's provenance. @throws FileWriteError */
  writeSources(key: string, code: Required<RecordedCode>): Promise<void>;
  /**
   * Every valid result, in the order of the keys.
   *
   * @param take what is wanted of a result.json; its bytes are valid until `take` returns
   */
  results<Taken>(take: (bytes: Buffer) => Taken): AsyncIterable<readonly [key: string, taken: Taken]>;
}

/** Hashes of source files and of the graph made from them. The caller that runs cells computes them. */
export type RecordedCode = Pick<Provenance, 'sources' | 'graph'>;

/** Why the last attempt at a cell gave no result. */
export interface Failure {
  readonly label: string;
  readonly spec: unknown;
  readonly error: { readonly name: string; readonly message: string; readonly stack: string };
  readonly provenance: Provenance;
}

type ParseResult<Result> = (stored: unknown, spec: unknown) => Result;

export interface LedgerOptions<Result> {
  readonly directory?: string;
  /** Parses a stored result; throws an error with the reason when the value is no result of the specification. */
  readonly parseResult: ParseResult<Result>;
  readonly files?: FileOperations;
  /** Spares the parsing of results that were read before. */
  readonly index?: ResultIndex<Result>;
  /** Called once for each broken file that is found; by default it is told on standard error. */
  readonly onBroken?: (broken: BrokenFile) => void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: each method of the ledger is short, and all share the directory and the parser.
export function openLedger<Result>({
  directory = 'runs',
  parseResult,
  files,
  index,
  onBroken = (broken) => console.error(brokenFileLine(broken)),
}: LedgerOptions<Result>): Ledger<Result> {
  const fileOf = (key: string, name: string): string => join(directory, requireKey(key), name);
  const told = new Set<string>();
  const tell = (broken: BrokenFile): void => {
    if (!told.has(broken.file)) onBroken(broken);
    told.add(broken.file);
  };

  const readFile = <Value>(
    key: string,
    name: SealedFile,
    parse: (content: Content, text: string) => Value,
    recall?: (digest: string, bytes: Buffer) => Value | undefined,
  ) => readSealed(fileOf(key, name), key, name, parse, recall);

  /** Null where the file is absent or broken. */
  const readOrTell = async <Value>(
    key: string,
    name: SealedFile,
    parse: (content: Content) => Value,
  ): Promise<Value | null> => {
    const found = await readFile(key, name, parse);
    if (found.state === 'disbelieved') tell(found);
    return found.state === 'present' ? found.value : null;
  };

  const writeSealed = async (key: string, name: SealedFile, content: object): Promise<void> => {
    await writeFile(fileOf(key, name), seal(key, { schemaVersion: SCHEMA_VERSION, ...content }), files);
  };

  const share = sharing();
  const readProvenance = (key: string) =>
    readFile(key, 'provenance.json', (content) => {
      const { result, ...provenance } = content as unknown as StoredProvenance;
      return { provenance: share(provenance), of: result };
    });

  /** @param mismatched digest of a result that did not fit its provenance */
  const read = async (
    key: string,
    onBytes: (bytes: Buffer) => void = () => {},
    mismatched?: string,
  ): Promise<ReadResult<Result>> => {
    const found = await readFile(
      key,
      'result.json',
      (content, text) => {
        const record = recordIn(content, text, key, parseResult);
        index?.note(key, record.digest, record);
        return record;
      },
      (digest, bytes) => {
        onBytes(bytes);
        const known = index?.recall(key, digest);
        return known && { schemaVersion: SCHEMA_VERSION, key, ...known, digest };
      },
    );
    if (found.state !== 'present') return found;
    const record = found.value;
    const { digest } = record;
    const about = await readProvenance(key);
    if (about.state === 'disbelieved') {
      // A result of this layout has no earlier provenance, and goes with it.
      const { earlierLayout: _, ...broken } = about;
      return broken;
    }
    const { provenance, of } = about.state === 'present' ? about.value : { provenance: null };
    if (of === undefined || of === digest) return { state: 'present', record, provenance };
    // A runner may have replaced both files between the two reads.
    if (digest !== mismatched) return read(key, onBytes, digest);
    const reason = 'the provenance beside it is of another result';
    return {
      state: 'disbelieved',
      file: fileOf(key, 'result.json'),
      reason,
      remedy: REMEDIES['result.json'],
    };
  };

  const has = async (key: string): Promise<boolean> => (await read(key)).state === 'present';

  const journalOf = async (
    key: string,
  ): Promise<{ entries: readonly JournalEntry[]; broken?: BrokenFile }> => {
    const file = fileOf(key, 'journal.jsonl');
    const found = readBytes(file);
    if (found.state === 'no file') {
      return { entries: [], broken: { file, reason: found.reason, remedy: 'remove it' } };
    }
    const { entries, fault } = parseJournal(found.state === 'absent' ? '' : found.bytes.toString(), key);
    if (fault === undefined) return { entries };
    return { entries, broken: { file, reason: fault, remedy: 'the other lines are used' } };
  };

  const sealed = (key: string, spec: unknown, result: unknown) => {
    const text = seal(key, { schemaVersion: SCHEMA_VERSION, spec, result });
    return { text, record: recordIn(contentOf(text, key, 'result.json'), text, key, parseResult) };
  };

  const removeFiles = async (key: string, names: readonly string[]): Promise<void> => {
    const there = await namesIn(join(directory, key));
    for (const name of names.filter((one) => there.includes(one))) {
      const file = fileOf(key, name);
      await (files ?? nodeFiles).rm(file, { force: true }).catch((error: unknown) => {
        throw new FileWriteError(file, error);
      });
    }
  };

  async function* results<Taken>(
    take: (bytes: Buffer) => Taken,
  ): AsyncGenerator<readonly [key: string, taken: Taken]> {
    const earlier: BrokenFile[] = [];
    for (const key of (await namesIn(directory)).filter(isFolderName).sort()) {
      const taken: Taken[] = [];
      const found = await read(key, (bytes) => taken.push(take(bytes)));
      if (found.state === 'present') yield [key, taken.at(-1)!];
      if (found.state !== 'disbelieved') continue;
      if (found.earlierLayout === undefined) tell(found);
      else earlier.push(found);
    }
    // One line for all, because a ledger of an earlier version holds nothing else.
    const [first] = earlier;
    if (first !== undefined) tell({ ...first, reason: `${first.reason} (${earlier.length} in all)` });
  }

  return {
    directory,
    has,
    read: (key) => read(key),
    results,

    async readSpec(key) {
      const found = await readFile(key, 'result.json', ({ spec }) => {
        requireSpecOf(key, spec);
        return spec;
      });
      return found.state === 'present' ? found.value : undefined;
    },

    recordOf: (key, spec, result) => sealed(key, spec, result).record,

    async write(key, spec, result, provenance) {
      // Sealed first: what could not be read back replaces nothing.
      const { text, record } = sealed(key, spec, result);
      // Otherwise a crash could leave the earlier result beside the new provenance.
      await removeFiles(key, ['result.json', 'failure.json', 'sources.json']);
      await writeSealed(key, 'provenance.json', { ...provenance, result: record.digest });
      await writeFile(fileOf(key, 'result.json'), text, files);
      index?.note(key, record.digest, record);
      return record;
    },

    writeFailure: (key, failure) => writeSealed(key, 'failure.json', failure),

    readFailure: (key) =>
      readOrTell(key, 'failure.json', (content) => {
        requireSpecOf(key, content['spec']);
        return content as unknown as Failure;
      }),

    async appendJournal(key, entry) {
      const file = fileOf(key, 'journal.jsonl');
      const found = readBytes(file);
      const text = found.state === 'present' ? found.bytes.toString() : '';
      await appendLine(file, journalLine(key, entry, text), files);
    },

    async readJournal(key) {
      const { entries, broken } = await journalOf(key);
      if (broken !== undefined) tell(broken);
      return entries;
    },

    brokenJournal: async (key) => (await journalOf(key)).broken ?? null,

    async readProvenance(key) {
      const found = await readProvenance(key);
      if (found.state === 'disbelieved') tell(found);
      return found.state === 'present' ? found.value.provenance : null;
    },

    async readCode(key, provenance) {
      const codeIn = async (name: SealedFile): Promise<RecordedCode> =>
        (await readOrTell(key, name, (content) => content as RecordedCode)) ?? {};
      const own = provenance ?? (await codeIn('provenance.json'));
      const later = await codeIn('sources.json');
      const { sources, graph } = later.graph === own.graph ? { ...own, ...later } : own;
      return { ...(sources !== undefined && { sources }), ...(graph !== undefined && { graph }) };
    },

    writeSources: (key, code) => writeSealed(key, 'sources.json', code),
  };
}

/** @param text that holds the content */
function recordIn<Result>(
  { spec, result }: Content,
  text: string,
  key: string,
  parseResult: ParseResult<Result>,
): CellRecord<Result> {
  requireSpecOf(key, spec);
  const digest = sealedDigest(text)!;
  return { schemaVersion: SCHEMA_VERSION, key, spec, result: parseResult(result, spec), digest };
}

function requireSpecOf(key: string, spec: unknown): void {
  const own = cellKey(spec);
  if (own !== key) throw new UserError(`its specification is the one of cell ${own}`);
}

/** A key becomes a folder name. The pattern keeps the folder inside the ledger. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export function isFolderName(key: unknown): key is string {
  return typeof key === 'string' && KEY.test(key);
}

function requireKey(key: string): string {
  if (!isFolderName(key))
    throw new RangeError(`"${key}" cannot be a cell's key: letters, digits, ".", "_", "-"`);
  return key;
}

async function namesIn(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  try {
    return readdirSync(directory);
  } catch (error) {
    return ifAbsent<string[]>([])(error);
  }
}
