/**
 * Reads the sealed files of a cell: each holds the key of its cell, a digest of itself and the version of the layout, and has
 * the entries of its kind.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { ifAbsent, intactDigest, unseal } from '@clce/files';
import { UserError } from '@clce/registry';
import { z } from 'zod';
import { faultIn, type Provenance, storedProvenance } from './provenance.ts';

/** Version of the layout of the sealed files. Cells with another version are computed again. */
export const SCHEMA_VERSION = 2;

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

export type Content = Readonly<Record<string, unknown>>;

export type SealedRead<Value> =
  | { readonly state: 'present'; readonly value: Value }
  | { readonly state: 'absent' }
  | ({ readonly state: 'disbelieved' } & BrokenFile);

/** The sealed files, and what becomes of a broken one. */
export const REMEDIES = {
  'result.json': 'the command that made it computes it again',
  'provenance.json': 'the command that made it computes the cell again',
  'sources.json': 'the next run traces the graph again',
  'failure.json': 'the next run tries the cell again',
} as const;
export type SealedFile = keyof typeof REMEDIES;

/** A provenance of an earlier version does not hold the digest of its result. */
const provenanceFile = storedProvenance.extend({ result: z.string().exactOptional() });
export type StoredProvenance = Provenance & Pick<z.output<typeof provenanceFile>, 'result'>;

/** What each file holds. No file passes for one of another kind, because every schema refuses the others' entries. */
const SCHEMAS: Readonly<Record<SealedFile, z.ZodType>> = {
  'result.json': z.strictObject({ spec: z.unknown(), result: z.unknown() }),
  'provenance.json': provenanceFile,
  'sources.json': z.strictObject({ sources: z.string(), graph: z.string() }),
  'failure.json': z.strictObject({
    label: z.string(),
    spec: z.unknown(),
    error: z.looseObject({ name: z.string(), message: z.string(), stack: z.string() }),
    provenance: storedProvenance,
  }),
};

/**
 * @param file path of the file
 * @param parse gets the content and the whole text, and throws the reason not to believe the file
 * @param recall what was parsed before from the file with this digest; undefined where it has to be parsed
 */
export async function readSealed<Value>(
  file: string,
  key: string,
  name: SealedFile,
  parse: (content: Content, text: string) => Value,
  recall?: (digest: string, bytes: Buffer) => Value | undefined,
): Promise<SealedRead<Value>> {
  const found = readBytes(file);
  if (found.state === 'no file') {
    return { state: 'disbelieved', file, reason: found.reason, remedy: 'remove it' };
  }
  if (found.state === 'absent') return found;
  const digest = recall && intactDigest(found.bytes);
  const known = digest === undefined ? undefined : recall?.(digest, found.bytes);
  if (known !== undefined) return { state: 'present', value: known };
  const text = found.bytes.toString();
  try {
    return { state: 'present', value: parse(contentOf(text, key, name), text) };
  } catch (error) {
    const broken = { state: 'disbelieved', file, remedy: REMEDIES[name] } as const;
    const earlierLayout = earlierLayoutOf(text, key);
    if (earlierLayout !== undefined) {
      return { ...broken, reason: `it has the earlier layout ${earlierLayout}`, earlierLayout };
    }
    return { ...broken, reason: error instanceof Error ? error.message : String(error) };
  }
}

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
export function contentOf(text: string, key: string, name: SealedFile): Content {
  const { schemaVersion, ...content } = unseal(text, key);
  if (schemaVersion !== SCHEMA_VERSION) {
    throw new UserError(`its schemaVersion is ${JSON.stringify(schemaVersion)}, not ${SCHEMA_VERSION}`);
  }
  const fault = faultIn(SCHEMAS[name], content);
  if (fault !== undefined) throw new UserError(`it has not the content of a ${name} (${fault})`);
  return content;
}

/** A result of 100,000 episodes has about a megabyte. */
const LARGEST_FILE = 256 * 2 ** 20;

type FileRead =
  /** Valid until the next file is read. */
  | { readonly state: 'present'; readonly bytes: Buffer }
  | { readonly state: 'absent' }
  | { readonly state: 'no file'; readonly reason: string };

/**
 * Reads without a promise inside: a file is closed before the next one is opened, however many reads a caller starts at
 * once, and a small file takes a tenth of the processor time. An exception for each file that most cells lack would take
 * more than the reading.
 *
 * @throws the system's error when the file exists and cannot be read, e.g. EACCES
 */
export function readBytes(path: string): FileRead {
  if (RARE.test(path) && statSync(path, { throwIfNoEntry: false }) === undefined) return { state: 'absent' };
  try {
    // Opening a pipe would wait for a writer.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return readOpenFile(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // A socket cannot be opened.
    if (error instanceof Error && 'code' in error && error.code === 'ENXIO') return NO_FILE;
    return ifAbsent<FileRead>({ state: 'absent' })(error);
  }
}

const NO_FILE: FileRead = { state: 'no file', reason: 'it is no file' };
const RARE = /(sources|failure)\.json$/;

function readOpenFile(file: number): FileRead {
  const found = fstatSync(file);
  const { size } = found;
  if (found.isDirectory()) return { state: 'no file', reason: 'it is a folder' };
  if (!found.isFile()) return NO_FILE;
  if (size > LARGEST_FILE) {
    return { state: 'no file', reason: `it has ${size} bytes, more than ${LARGEST_FILE}` };
  }
  if (size > scratch.length) scratch = Buffer.allocUnsafe(size);
  const bytes = scratch;
  let length = 0;
  while (length < size) {
    const got = readSync(file, bytes, length, size - length, length);
    if (got === 0) break;
    length += got;
  }
  return { state: 'present', bytes: bytes.subarray(0, length) };
}

/** Holds the file that was read last. A buffer for each of many thousand files would be garbage of their size. */
let scratch = Buffer.alloc(0);
