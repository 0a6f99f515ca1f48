/**
 * A pack: finished cells of a ledger in one file, which travels by mail, by git or on a disk.
 *
 *     {"bytes":…,"cells":…,"compressed":"…","digest":"…","layout":1,"ledger":2}     one line of text
 *     the content, compressed by Brotli
 *
 * The content has one line a cell, in the order of the keys. A line is sealed like a file of the ledger: it begins with its own
 * digest and the cell's key. `digest` is the SHA-256 of the content and the identity of the pack. Equal cells give equal
 * content. Versions of Node may compress the same content to other bytes, whose SHA-256 is `compressed`.
 *
 * A pack is a foreign file. Every length is bounded, the content is decompressed in parts and never as a whole, and nothing in
 * the file becomes a path but a key of 64 hexadecimal digits.
 */
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress, createBrotliDecompress } from 'node:zlib';
import { canonicalJson, sealLine, unseal } from '@clce/files';
import { UserError } from '@clce/registry';
import { z } from 'zod';
import { faultIn } from '../provenance.ts';
import { SCHEMA_VERSION, type StoredProvenance } from '../sealed-files.ts';

/** Of the file; results of another layout of the ledger have packs of their own. */
const LAYOUT = 1;

/** Bytes of content. About 100,000 cells of the suites. */
const MOST_CONTENT = 4 * 2 ** 30;
/** Bytes of a line. A result of 100,000 episodes has about a megabyte. */
const LONGEST_LINE = 64 * 2 ** 20;
const LONGEST_HEAD = 512;

/** A cell as a pack holds it. */
export interface PackedCell {
  readonly key: string;
  readonly spec: unknown;
  readonly result: unknown;
  /** With the digest of the result.json. */
  readonly provenance: StoredProvenance;
}

/** A cell as it was read. `readPack` has checked the digest and the entries of the line, and nothing else. */
export interface ReadCell extends PackedCell {
  /** Of the line. */
  readonly digest: string;
}

export interface PackHead {
  /** SHA-256 of the content. */
  readonly digest: string;
  readonly cells: number;
  /** Of the content. */
  readonly bytes: number;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const head = z.strictObject({
  bytes: z.int().min(1).max(MOST_CONTENT),
  cells: z.int().min(1),
  compressed: digest,
  digest,
  layout: z.int(),
  ledger: z.int(),
});
type Head = z.output<typeof head>;

const line = z.strictObject({
  provenance: z.looseObject({ result: digest }),
  result: z.unknown(),
  spec: z.unknown(),
});

/** The first line of a pack, and the content after it. */
export type Pack = PackHead & { readonly parts: readonly Uint8Array[] };

/** @param cells in the order of their keys. @throws UserError where they are more than a pack holds */
export async function packOf(cells: AsyncIterable<PackedCell>): Promise<Pack> {
  const hash = createHash('sha256');
  const compressed = createHash('sha256');
  const parts: Buffer[] = [];
  let [count, bytes] = [0, 0];
  async function* content(): AsyncGenerator<Buffer> {
    for await (const cell of cells) {
      const written = Buffer.from(`${lineOf(cell)}\n`);
      count++;
      bytes += written.length;
      if (written.length > LONGEST_LINE || bytes > MOST_CONTENT) {
        throw new UserError(`the cells are more than one pack holds; give KEYS to make several packs`);
      }
      hash.update(written);
      yield written;
    }
  }
  await pipeline(Readable.from(content()), createBrotliCompress({ params: PARAMETERS }), async (stream) => {
    for await (const part of stream as AsyncIterable<Buffer>) {
      compressed.update(part);
      parts.push(part);
    }
  });
  const identity = hash.digest('hex');
  const first = { bytes, cells: count, compressed: compressed.digest('hex'), digest: identity };
  const text = canonicalJson({ ...first, layout: LAYOUT, ledger: SCHEMA_VERSION });
  return { digest: identity, cells: count, bytes, parts: [Buffer.from(`${text}\n`), ...parts] };
}

/**
 * The window spans hundreds of cells, which share names of classes and the draw of their episodes. Ten cells of the preset
 * `quick` have 697 KB of content: 83 KB and 0.2 s at quality 9, 69 KB and 2.4 s at quality 10, 67 KB and 3.0 s at quality 11.
 */
const PARAMETERS = {
  [constants.BROTLI_PARAM_QUALITY]: 10,
  [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
};

function lineOf({ key, spec, result, provenance }: PackedCell): string {
  return sealLine(key, JSON.parse(canonicalJson({ provenance, result, spec })) as object);
}

/** @throws UserError in one line that names the file */
export function readPackHead(file: string): PackHead {
  const { digest, cells, bytes } = openHead(file).head;
  return { digest, cells, bytes };
}

/**
 * The cells of a pack, one by one. A reader believes none of them before the last one has come: the digest of the whole is
 * compared at the end.
 *
 * @throws UserError in one line that names the file and the cell
 */
export async function* readPack(file: string): AsyncGenerator<ReadCell> {
  const { head, at, size } = openHead(file);
  const fail = (where: string, what: string) =>
    new UserError(`${file}${where} cannot be believed: ${what}; get the file again, or pack the cells again`);
  const whole = createHash('sha256');
  const compressed = createHash('sha256');
  const unpacked = createBrotliDecompress({ chunkSize: 2 ** 18 });
  const source = createReadStream(file, { start: at });
  source.on('data', (part) => compressed.update(part));
  source.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  let [count, bytes, before] = [0, 0, ''];
  const place = () => `, cell ${count + 1} of ${head.cells}${before === '' ? '' : `, after ${before}`},`;
  try {
    const onPart = (part: Buffer): void => {
      bytes += part.length;
      if (bytes > head.bytes) throw new UserError(`it holds more than ${head.bytes} bytes of cells`);
      whole.update(part);
    };
    for await (const text of linesOf(unpacked, onPart, (what) => fail(place(), what))) {
      const named = KEY.exec(text)?.[1];
      const where = named === undefined ? place() : `, cell ${named},`;
      if (named === undefined) throw fail(where, 'its line does not begin with a digest and a key');
      if (named <= before) throw fail(where, `it stands after ${before}, and keys are in order, each once`);
      if (++count > head.cells) throw fail(where, `it is one more than the ${head.cells} of the first line`);
      const cell = cellOf(text, named, (what) => fail(where, what));
      before = named;
      yield cell;
    }
  } finally {
    source.destroy();
    unpacked.destroy();
  }
  if (count !== head.cells) throw fail('', `it holds ${count} cells, and its first line says ${head.cells}`);
  if (bytes !== head.bytes) throw fail('', `it holds ${bytes} bytes of cells, not ${head.bytes}`);
  if (whole.digest('hex') !== head.digest) throw fail('', 'its cells are not those of its digest');
  if (unpacked.bytesWritten !== size - at) throw fail('', 'something follows its last cell');
  if (compressed.digest('hex') !== head.compressed) throw fail('', 'it has changed since it was written');
}

/** @param onPart gets the bytes as they come, and throws the reason to stop */
async function* linesOf(
  stream: AsyncIterable<Buffer>,
  onPart: (part: Buffer) => void,
  fail: (what: string) => UserError,
): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of stream) {
      onPart(part);
      let start = 0;
      for (let end = part.indexOf(LINE_FEED); end >= 0; end = part.indexOf(LINE_FEED, start)) {
        yield Buffer.concat([...rest, part.subarray(start, end)]).toString();
        [rest, length, start] = [[], 0, end + 1];
      }
      rest.push(part.subarray(start));
      length += part.length - start;
      if (length > LONGEST_LINE) throw new UserError(`its line has more than ${LONGEST_LINE} bytes`);
    }
    if (length > 0) throw new UserError('its line has no end');
  } catch (error) {
    throw fail(reasonOf(error as NodeJS.ErrnoException));
  }
}

const LINE_FEED = 10;

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error instanceof UserError) return error.message;
  if (error.code === 'Z_BUF_ERROR') return 'the file ends too early';
  // Versions of Node name the faults of Brotli differently; all begin so.
  return error.code?.startsWith('ERR_') === true ? 'its compressed bytes are damaged' : error.message;
}

const KEY = /^\{"digest":"[0-9a-f]{64}","key":"([0-9a-f]{64})",/;

function cellOf(text: string, key: string, fail: (what: string) => UserError): ReadCell {
  try {
    const content = unseal(text, key);
    const fault = faultIn(line, content);
    if (fault !== undefined) throw new UserError(`it has not the entries of a cell (${fault})`);
    const cell = { key, ...(content as Omit<PackedCell, 'key'>) };
    // Equal cells have equal bytes only where each has one spelling.
    if (lineOf(cell) !== text) throw new UserError('it is not spelled as a pack spells it');
    return { ...cell, digest: text.slice('{"digest":"'.length, '{"digest":"'.length + 64) };
  } catch (error) {
    throw fail((error as Error).message);
  }
}

function openHead(file: string): { readonly head: Head; readonly at: number; readonly size: number } {
  const fail = (what: string) => new UserError(`${file} is no pack of cells: ${what}`);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new UserError(`there is no file ${file}`);
  if (!found.isFile()) throw fail(found.isDirectory() ? 'it is a folder' : 'it is no file');
  const { size } = found;
  const start = firstBytes(file);
  const end = start.indexOf('\n');
  if (end < 0) throw fail(`it has no first line of at most ${LONGEST_HEAD} bytes`);
  const text = start.toString('latin1', 0, end);
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    throw fail('its first line is no JSON');
  }
  const { layout, ledger } = z.looseObject({}).catch({}).parse(stored);
  for (const [what, has, reads] of [
    ['layout', layout, LAYOUT],
    ['layout of the ledger', ledger, SCHEMA_VERSION],
  ] as const) {
    if (!Number.isInteger(has) || has === reads) continue;
    throw new UserError(
      `${file} has the ${what} ${String(has)}, and this version reads ${reads}; use the version that packed it`,
    );
  }
  const fault = faultIn(head, stored);
  if (fault !== undefined) throw fail(fault);
  if (canonicalJson(stored) !== text) throw fail('its first line is not spelled as a pack spells it');
  return { head: stored as Head, at: end + 1, size };
}

function firstBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(LONGEST_HEAD);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, LONGEST_HEAD, 0));
  } finally {
    closeSync(descriptor);
  }
}
