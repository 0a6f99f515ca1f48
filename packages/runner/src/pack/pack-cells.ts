/** Packs finished cells of a ledger into a file. */
import { UserError } from '@clce/registry';
import type { Ledger } from '../ledger.ts';
import { cellsIn } from '../survey/survey-ledger.ts';
import { type Pack, type PackedCell, packOf, readPack } from './pack-file.ts';

export interface PackOptions {
  readonly ledger: Ledger<unknown>;
  /** The numerics of this version. Results of other numerics are left out. */
  readonly numericsVersion: number;
  /** The cells that are wanted, all of which must be finished; every finished cell by default. */
  readonly keys?: readonly string[];
  /** Digests of the results that other packs have, by key. Their cells are not packed again. */
  readonly without?: ReadonlyMap<string, string>;
  /** Gets a line about each result that is left out. */
  readonly onLeftOut: (line: string) => void;
}

/**
 * The pack of these cells. Snapshots, journals and failures are not packed.
 *
 * @throws UserError where a wanted cell cannot be packed, or another pack has another result of a cell
 */
export function packCells(options: PackOptions): Promise<Pack> {
  return packOf(finishedCells(options));
}

async function* finishedCells(options: PackOptions): AsyncGenerator<PackedCell> {
  const { ledger, keys, without, onLeftOut } = options;
  for (const key of [...new Set(keys ?? (await cellsIn(ledger.directory)))].sort()) {
    const found = await finishedCell(key, options);
    if (typeof found === 'string') {
      if (keys !== undefined)
        throw new UserError(`cell ${key} of ${ledger.directory} cannot be packed: ${found}`);
      onLeftOut(`cell ${key} is left out: ${found}`);
      continue;
    }
    const elsewhere = found && without?.get(key);
    if (elsewhere !== undefined && elsewhere !== found!.provenance.result) {
      throw new UserError(
        `cell ${key} has another result in ${ledger.directory} than in the earlier packs; one of the two is wrong (docs/travelling-results.md)`,
      );
    }
    if (found !== undefined && elsewhere === undefined) yield found;
    if (found === undefined && keys !== undefined) {
      throw new UserError(`cell ${key} has no result in ${ledger.directory}; a run computes it`);
    }
  }
}

/** The reason where the cell has a result that does not travel; undefined where it has no result. */
async function finishedCell(
  key: string,
  { ledger, numericsVersion }: PackOptions,
): Promise<PackedCell | string | undefined> {
  const stored = await ledger.read(key);
  if (stored.state === 'absent') return undefined;
  if (stored.state === 'disbelieved') return `${stored.file} cannot be believed: ${stored.reason}`;
  const { record, provenance } = stored;
  const { spec, result, digest } = record;
  const { numericsVersion: numerics } = (spec ?? {}) as { readonly numericsVersion?: unknown };
  if (numerics !== numericsVersion) {
    return `its result has numerics ${JSON.stringify(numerics)}, and this version has ${numericsVersion}`;
  }
  if ((await ledger.readFailure(key)) !== null) return 'the last attempt to compute it again failed';
  if (provenance === null) return 'its result has no provenance, so no ledger would use it';
  if (ledger.recordOf(key, spec, result).digest !== digest) return 'its result.json has another spelling';
  return { key, spec, result, provenance: { ...provenance, result: digest } };
}

/** Digests of the results in these packs, by key. @throws UserError where a pack is damaged, or two packs differ in a result */
export async function resultsIn(files: readonly string[]): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const file of files) {
    for await (const { key, provenance } of readPack(file)) {
      const { result } = provenance;
      const before = digests.get(key);
      if (before !== undefined && before !== result) {
        throw new UserError(`${file}, cell ${key}: an earlier pack has another result of it`);
      }
      digests.set(key, result!);
    }
  }
  return digests;
}
