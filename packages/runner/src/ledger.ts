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
 * Every JSON file and every line of the journal is sealed: it holds the key of its cell and a digest of itself. A file
 * that is truncated, changed, of another cell or of another layout counts as absent, as does a result whose specification
 * is not the one of its key. `onBroken` gets each such file once, with the reason and what computes it again.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { join } from 'node:path';
import {
  appendLine,
  type FileOperations,
  FileWriteError,
  ifAbsent,
  seal,
  sealLine,
  unseal,
  writeFile,
} from '@clce/files';
import { UserError } from '@clce/registry';
import { cellKey } from './cell.ts';
import type { Provenance } from './provenance.ts';

/** Version of the layout of the sealed files. Cells with another version are computed again. */
const SCHEMA_VERSION = 2;

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
  | ({ readonly state: 'disbelieved' } & BrokenFile);

/** A file of the ledger that is not used. */
export interface BrokenFile {
  readonly file: string;
  /** What is wrong with it. */
  readonly reason: string;
  /** What becomes of it, or how it is computed again. */
  readonly remedy: string;
  /** The layout of a file that an earlier version wrote. */
  readonly earlierLayout?: number;
}

/** The line that tells a broken file. */
export function brokenFileLine({ file, reason, remedy }: BrokenFile): string {
  return `${file} cannot be believed: ${reason}; ${remedy}`;
}

export interface Ledger<Result> {
  readonly directory: string;
  /** Whether the cell has a valid result. */
  has(key: string): Promise<boolean>;
  /** @throws the system's error when the file exists and cannot be read, e.g. EACCES */
  read(key: string): Promise<ReadResult<Result>>;
  /**
   * @param result what `parseResult` accepts
   * @returns the record as `read` will return it
   * @throws TypeError when spec or result holds a value that JSON cannot represent, or any error of `parseResult`
   * @throws FileWriteError when a file cannot be written; no file is left half-written
   */
  write(key: string, spec: unknown, result: unknown, provenance: Provenance): Promise<CellRecord<Result>>;
  /** Records that an attempt ended in an error. The next result replaces the record. @throws FileWriteError */
  writeFailure(key: string, failure: Failure): Promise<void>;
  /** Null where the last attempt did not fail. A result beside a failure comes from an earlier attempt. */
  readFailure(key: string): Promise<Failure | null>;
  /** @throws FileWriteError */
  appendJournal(key: string, entry: JournalEntry): Promise<void>;
  readJournal(key: string): Promise<JournalEntry[]>;
  /** The provenance of the cell's result; null when unknown. It is never part of the result. */
  readProvenance(key: string): Promise<Provenance | null>;
  /** The provenance's file, if it is broken. The result beside it cannot be told from one of other code. */
  brokenProvenance(key: string): Promise<BrokenFile | null>;
  /** The code that computed the cell's result, or later code with the same graph; empty when unknown. */
  readCode(key: string): Promise<RecordedCode>;
  /** Records later sources that give the graph of the cell's provenance. @throws FileWriteError */
  writeSources(key: string, code: Required<RecordedCode>): Promise<void>;
  /** Keys of all cells that have a valid result, sorted. */
  list(): Promise<string[]>;
  /** Keys of all cells that have a folder, sorted. */
  keys(): Promise<string[]>;
  /** The state of a cell. */
  state(key: string): Promise<CellState>;
}

/** Hashes of source files and of the graph made from them. The caller that runs cells computes them. */
export type RecordedCode = Pick<Provenance, 'sources' | 'graph'>;

/**
 * An `unfinished` cell was started, but has neither a result nor a failure. The result of a `damaged` cell is broken. The
 * result of an `earlier` cell has the layout of an earlier version.
 */
export type CellState = 'done' | 'failed' | 'unfinished' | 'damaged' | 'earlier';

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
  /** Called once for each broken file that is found; by default it is told on standard error. */
  readonly onBroken?: (broken: BrokenFile) => void;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: each method of the ledger is short, and all share the directory and the parser.
export function openLedger<Result>({
  directory = 'runs',
  parseResult,
  files,
  onBroken = (broken) => process.stderr.write(`${brokenFileLine(broken)}\n`),
}: LedgerOptions<Result>): Ledger<Result> {
  const fileOf = (key: string, name: string): string => join(directory, requireKey(key), name);
  const told = new Set<string>();
  const tell = (broken: BrokenFile): void => {
    if (!told.has(broken.file)) onBroken(broken);
    told.add(broken.file);
  };

  /** The one reader of sealed files. */
  const readSealed = async <Value>(
    key: string,
    name: SealedFile,
    parse: (content: Content) => Value,
  ): Promise<SealedRead<Value>> => {
    const file = fileOf(key, name);
    const no = notReadable(file);
    if (no !== undefined) return { state: 'disbelieved', file, reason: no, remedy: 'remove it' };
    const text = await readIfPresent(file);
    if (text === null) return { state: 'absent' };
    try {
      return { state: 'present', value: parse(contentOf(text, key)) };
    } catch (error) {
      const broken = { state: 'disbelieved', file, remedy: REMEDIES[name] } as const;
      const earlierLayout = earlierLayoutOf(text, key);
      if (earlierLayout !== undefined) {
        return { ...broken, reason: `it has the earlier layout ${earlierLayout}`, earlierLayout };
      }
      return { ...broken, reason: error instanceof Error ? error.message : String(error) };
    }
  };

  /** Null where the file is absent or broken. */
  const readOrTell = async <Value>(
    key: string,
    name: SealedFile,
    parse: (content: Content) => Value,
  ): Promise<Value | null> => {
    const found = await readSealed(key, name, parse);
    if (found.state === 'disbelieved') tell(found);
    return found.state === 'present' ? found.value : null;
  };

  const writeSealed = async (key: string, name: SealedFile, content: object): Promise<void> => {
    await writeFile(fileOf(key, name), seal(key, { schemaVersion: SCHEMA_VERSION, ...content }), files);
  };

  const read = async (key: string): Promise<ReadResult<Result>> => {
    const found = await readSealed(key, 'result.json', (content) => recordOf(content, key, parseResult));
    return found.state === 'present' ? { state: 'present', record: found.value } : found;
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
      // Sealed first: what could not be read back replaces nothing.
      const text = seal(key, { schemaVersion: SCHEMA_VERSION, spec, result });
      const record = recordOf(contentOf(text, key), key, parseResult);
      // Otherwise a crash could leave the earlier result beside the new provenance.
      await removeFiles(key, ['result.json', 'failure.json', 'sources.json']);
      await writeSealed(key, 'provenance.json', provenance);
      await writeFile(fileOf(key, 'result.json'), text, files);
      return record;
    },

    writeFailure: (key, failure) => writeSealed(key, 'failure.json', failure),

    readFailure: (key) =>
      readOrTell(key, 'failure.json', (content) => {
        requireSpecOf(key, content['spec']);
        const { message } = (content['error'] ?? {}) as Partial<Failure['error']>;
        if (typeof message !== 'string') throw new UserError('it holds no error');
        return content as unknown as Failure;
      }),

    appendJournal: (key, entry) => appendLine(fileOf(key, 'journal.jsonl'), sealLine(key, entry), files),

    async readJournal(key) {
      const file = fileOf(key, 'journal.jsonl');
      const no = notReadable(file);
      if (no !== undefined) {
        tell({ file, reason: no, remedy: 'remove it' });
        return [];
      }
      const lines = ((await readIfPresent(file)) ?? '').split('\n');
      return lines.flatMap((line, at) => {
        if (line === '') return [];
        try {
          return [unseal(line, key) as JournalEntry];
        } catch (error) {
          const reason = `line ${at + 1} is broken: ${(error as Error).message}`;
          tell({ file, reason, remedy: 'the other lines are used' });
          return [];
        }
      });
    },

    readProvenance: (key) =>
      readOrTell(key, 'provenance.json', (content) => content as unknown as Provenance),

    async brokenProvenance(key) {
      const found = await readSealed(key, 'provenance.json', () => null);
      return found.state === 'disbelieved' ? found : null;
    },

    async readCode(key) {
      const codeIn = async (name: SealedFile): Promise<RecordedCode> =>
        (await readOrTell(key, name, (content) => content as RecordedCode)) ?? {};
      const own = await codeIn('provenance.json');
      const later = await codeIn('sources.json');
      const { sources, graph } = later.graph === own.graph ? { ...own, ...later } : own;
      return { ...(sources !== undefined && { sources }), ...(graph !== undefined && { graph }) };
    },

    writeSources: (key, code) => writeSealed(key, 'sources.json', code),

    async list() {
      const believed: string[] = [];
      const earlier: BrokenFile[] = [];
      for (const key of await keys()) {
        const found = await read(key);
        if (found.state === 'present') believed.push(key);
        if (found.state !== 'disbelieved') continue;
        if (found.earlierLayout === undefined) tell(found);
        else earlier.push(found);
      }
      // One line for all, because a ledger of an earlier version holds nothing else.
      const [first] = earlier;
      if (first !== undefined) tell({ ...first, reason: `${first.reason} (${earlier.length} in all)` });
      return believed;
    },

    keys,

    async state(key) {
      const names = await namesIn(join(directory, requireKey(key)));
      if (names.includes('failure.json')) return 'failed';
      if (!names.includes('result.json')) return 'unfinished';
      const found = await read(key);
      if (found.state !== 'disbelieved') return 'done';
      tell(found);
      return found.earlierLayout === undefined ? 'damaged' : 'earlier';
    },
  };
}

type Content = Readonly<Record<string, unknown>>;

type SealedRead<Value> =
  | { readonly state: 'present'; readonly value: Value }
  | { readonly state: 'absent' }
  | ({ readonly state: 'disbelieved' } & BrokenFile);

/** The sealed files, and what becomes of a broken one. */
const REMEDIES = {
  'result.json': 'the command that made it computes it again',
  'provenance.json': 'the command that made it computes the cell again',
  'sources.json': 'the next run traces the graph again',
  'failure.json': 'the next run tries the cell again',
} as const;
type SealedFile = keyof typeof REMEDIES;

/** The layout of a text that an earlier version wrote for this key; undefined for any other text. */
function earlierLayoutOf(text: string, key: string): number | undefined {
  try {
    const stored = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    // Every layout since the second has a digest. A changed file of the present layout is no earlier one.
    return stored?.['schemaVersion'] === 1 && stored['key'] === key && !('digest' in stored) ? 1 : undefined;
  } catch {
    return undefined;
  }
}

/** @throws UserError with the reason not to believe the text */
function contentOf(text: string, key: string): Content {
  const { schemaVersion, ...content } = unseal(text, key);
  if (schemaVersion === SCHEMA_VERSION) return content;
  throw new UserError(`its schemaVersion is ${JSON.stringify(schemaVersion)}, not ${SCHEMA_VERSION}`);
}

function recordOf<Result>(
  { spec, result }: Content,
  key: string,
  parseResult: (stored: unknown) => Result,
): CellRecord<Result> {
  requireSpecOf(key, spec);
  return { schemaVersion: SCHEMA_VERSION, key, spec, result: parseResult(result) };
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

/**
 * Reads without a promise inside: a file is closed before the next one is opened, however many reads a caller starts at
 * once, and a small file takes a tenth of the processor time. An exception for each absent file would take more than the
 * reading.
 */
/** A result of 100,000 episodes has about a megabyte. */
const LARGEST_FILE = 256 * 2 ** 20;

/** Why a path cannot be a file of the ledger; undefined where it can be, or is absent. */
function notReadable(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isDirectory()) return 'it is a folder';
  // Reading a pipe would wait for a writer.
  if (!found.isFile()) return 'it is no file';
  return found.size > LARGEST_FILE ? `it has ${found.size} bytes, more than ${LARGEST_FILE}` : undefined;
}

async function readIfPresent(file: string): Promise<string | null> {
  if (!existsSync(file)) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return ifAbsent(null)(error);
  }
}

async function namesIn(directory: string): Promise<string[]> {
  if (!existsSync(directory)) return [];
  try {
    return readdirSync(directory);
  } catch (error) {
    return ifAbsent<string[]>([])(error);
  }
}
