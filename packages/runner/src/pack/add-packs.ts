/** Adds the cells of packs to a ledger. */
import { seal } from '@clce/files';
import { UserError } from '@clce/registry';
import { type Leases, openLeases } from '../leases/leases.ts';
import type { Owner } from '../leases/owner.ts';
import { withLease } from '../leases/with-lease.ts';
import type { Ledger, ReadResult } from '../ledger.ts';
import { processorKind } from '../machine/processor.ts';
import type { Provenance } from '../provenance.ts';
import { contentOf, SCHEMA_VERSION } from '../sealed-files.ts';
import { removeBesideResult } from '../survey/cell-files.ts';
import { cellsIn } from '../survey/survey-ledger.ts';
import { type ReadCell, readPack } from './pack-file.ts';

export interface AddOptions {
  /** Parses results as a whole; a ledger that keeps a part of them would write that part. */
  readonly ledger: Ledger<unknown>;
  /** Paths of packs. */
  readonly files: readonly string[];
  /** The numerics of this version. */
  readonly numericsVersion: number;
  readonly leases?: Leases;
}

export interface AddedCells {
  /** Keys. */
  readonly added: readonly string[];
  /** Number of cells whose results the ledger had already. */
  readonly present: number;
  /** Cells that a run is computing now. They are not added. */
  readonly held: readonly { readonly key: string; readonly owner: Owner | null }[];
}

/** The cell to add, where several packs have it. */
interface Chosen {
  readonly file: string;
  /** Of the line. */
  readonly line: string;
  readonly result: string;
  /** Orders provenances of one result: the result that was there first, then any fixed order. */
  readonly rank: string;
}

/**
 * Checks every cell of every pack, then adds the cells that the ledger lacks. Nothing is added when a cell is refused. The
 * order of the packs does not matter. An interrupted call has added whole cells, and the next call adds the rest.
 *
 * @throws UserError in one line that names the file and the cell
 * @throws FileWriteError where the ledger cannot be written
 */
export async function addPacks(options: AddOptions): Promise<AddedCells> {
  const { ledger, leases = openLeases({ directory: ledger.directory }) } = options;
  const { chosen, present } = await checkPacks(options);
  const added: string[] = [];
  const held: { key: string; owner: Owner | null }[] = [];
  for (const file of new Set([...chosen.values()].map((one) => one.file))) {
    for await (const { key, spec, result, provenance, digest } of readPack(file)) {
      // A line with the digest of a checked line is the checked line.
      if (chosen.get(key)?.line !== digest) continue;
      chosen.delete(key);
      const { result: _, ...own } = provenance;
      const write = async (): Promise<void> => {
        await ledger.write(key, spec, result, own);
        await removeBesideResult(ledger.directory, key);
        added.push(key);
      };
      const busy = await withLease(leases, key, write);
      if (busy !== undefined) held.push({ key, owner: busy.heldBy });
    }
  }
  const [changed] = chosen;
  if (changed === undefined) return { added, present, held };
  throw new UserError(`${changed[1].file}, cell ${changed[0]}: the file has changed while it was read`);
}

/** What there is to add. Writes nothing. */
async function checkPacks(
  options: AddOptions,
): Promise<{ readonly chosen: Map<string, Chosen>; readonly present: number }> {
  const { ledger, files } = options;
  const chosen = new Map<string, Chosen>();
  const present = new Set<string>();
  const kinds = await processorsOf(ledger);
  for (const file of files) {
    for await (const cell of readPack(file)) {
      const fail = (what: string) => new UserError(`${file}, cell ${cell.key}: ${what}`);
      requireBelieved(cell, options, fail);
      requireProcessor(cell.provenance, kinds, fail);
      const { key, digest: line, provenance } = cell;
      const result = provenance.result!;
      const before = chosen.get(key);
      const stored = await ledger.read(key);
      const known = before?.result ?? (stored.state === 'present' ? stored.record.digest : undefined);
      if (known !== undefined && known !== result) throw fail(otherResult(cell, before, stored, ledger));
      // A run computes a cell without provenance again, so that the cell may as well be added.
      if (stored.state === 'present' && stored.provenance !== null) {
        present.add(key);
        continue;
      }
      const rank = `${provenance.endedAt} ${line}`;
      if (before === undefined || rank < before.rank) chosen.set(key, { file, line, result, rank });
    }
  }
  return { chosen, present: present.size };
}

/** The cell is one that this version would have written. */
function requireBelieved(
  { key, spec, result, provenance }: ReadCell,
  { ledger, numericsVersion }: AddOptions,
  fail: (what: string) => UserError,
): void {
  const { numericsVersion: numerics } = (spec ?? {}) as { readonly numericsVersion?: unknown };
  if (numerics !== numericsVersion) {
    throw fail(
      `it has numerics ${JSON.stringify(numerics)}, and this version has ${numericsVersion}; use the version that packed it, or compute the cell again`,
    );
  }
  try {
    const content = seal(key, { ...provenance, schemaVersion: SCHEMA_VERSION });
    contentOf(content, key, 'provenance.json');
    if ('schemaVersion' in provenance) throw new UserError('its provenance has an entry "schemaVersion"');
    if (ledger.recordOf(key, spec, result).digest === provenance.result) return;
  } catch (error) {
    throw fail(`it cannot be believed: ${(error as Error).message}`);
  }
  throw fail('its provenance is of another result');
}

/** Why two results of one cell are refused. */
function otherResult(
  { key, provenance }: ReadCell,
  before: Chosen | undefined,
  stored: ReadResult<unknown>,
  { directory }: Ledger<unknown>,
): string {
  if (before !== undefined) return `${before.file} has another result of it; one of the two is wrong`;
  const graph = stored.state === 'present' ? stored.provenance?.graph : undefined;
  const why =
    graph === provenance.graph
      ? 'their graphs are the same, so that one of the two is wrong'
      : 'their graphs differ, so that other code computed it';
  return `${directory} has another result of it, and ${why}; "./clce rm ${key.slice(0, 12)}" removes the one in the ledger`;
}

/** A kind of processor, with the first place where it was seen. */
type Processors = Map<string, string>;

async function processorsOf(ledger: Ledger<unknown>): Promise<Processors> {
  const kinds: Processors = new Map();
  for (const key of await cellsIn(ledger.directory)) {
    const provenance = await ledger.readProvenance(key);
    if (provenance === null) continue;
    const kind = processorKind(provenance);
    if (!kinds.has(kind)) kinds.set(kind, `${ledger.directory} has cells`);
  }
  return kinds;
}

/** Results of two kinds of processor have other last bits, so that a difference between them is none of the methods. */
function requireProcessor(
  provenance: Provenance,
  kinds: Processors,
  fail: (what: string) => UserError,
): void {
  const kind = processorKind(provenance);
  if (kinds.has(kind)) return;
  const [other] = kinds;
  if (other !== undefined) {
    throw fail(
      `it was computed on ${kind}, and ${other[1]} of ${other[0]}, which may give other bits; --ledger names another folder for it`,
    );
  }
  kinds.set(kind, 'another cell of the packs is');
}
