/**
 * Reads the sealed files of a cell: each holds the key of its cell, a digest of itself and the version of the layout, and has
 * the entries of its kind.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { ifAbsent, unseal } from '@clce/files';
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
 */
export async function readSealed<Value>(
  file: string,
  key: string,
  name: SealedFile,
  parse: (content: Content, text: string) => Value,
): Promise<SealedRead<Value>> {
  const no = notReadable(file);
  if (no !== undefined) return { state: 'disbelieved', file, reason: no, remedy: 'remove it' };
  const text = await readIfPresent(file);
  if (text === null) return { state: 'absent' };
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

/** Why a path cannot be a file of the ledger; undefined where it can be, or is absent. */
export function notReadable(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (found.isDirectory()) return 'it is a folder';
  // Reading a pipe would wait for a writer.
  if (!found.isFile()) return 'it is no file';
  return found.size > LARGEST_FILE ? `it has ${found.size} bytes, more than ${LARGEST_FILE}` : undefined;
}

/**
 * Reads without a promise inside: a file is closed before the next one is opened, however many reads a caller starts at
 * once, and a small file takes a tenth of the processor time. An exception for each absent file would take more than the
 * reading.
 */
export async function readIfPresent(file: string): Promise<string | null> {
  if (!existsSync(file)) return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    return ifAbsent(null)(error);
  }
}
