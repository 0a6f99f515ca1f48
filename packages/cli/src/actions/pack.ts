/** `clce ledger pack` and `clce ledger add`: finished cells that travel between ledgers. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFile } from '@clce/files';
import { NUMERICS_VERSION, parseCellResult } from '@clce/results';
import { addPacks, openLedger, packCells, readPackHead, resultsIn } from '@clce/runner';
import { RunError } from '../run/run-error.ts';
import { requireLedger } from '../stored/existing-ledger.ts';
import { findKey } from '../stored/find-key.ts';
import { requireBehind } from '../stored/table-files.ts';

interface PackOptions {
  readonly ledger: string;
  readonly table?: readonly string[];
  readonly since?: readonly string[];
}

const ENDING = '.pack';
/** Digits of a pack's digest in the name that it gets in a folder. */
const NAMED = 16;

/** @param place a file, or a folder in which the pack gets a name of its own */
export async function pack(
  place: string,
  wanted: readonly string[],
  { ledger: directory, table = [], since = [] }: PackOptions,
): Promise<void> {
  requireLedger(directory);
  const folder = isFolder(place) || place.endsWith('/') ? place : undefined;
  const earlier = [...new Set([...since.flatMap(packsIn), ...(folder === undefined ? [] : packsOf(folder))])];
  const without = await resultsIn(earlier);
  const keys: string[] = [];
  for (const digits of wanted) keys.push(await findKey(directory, digits));
  for (const one of table) keys.push(...(await requireBehind(one)).cells.map(({ key }) => key));
  const made = await packCells({
    ledger: openLedger({ directory, parseResult: parseCellResult }),
    numericsVersion: NUMERICS_VERSION,
    ...(wanted.length + table.length > 0 && { keys }),
    without,
    onLeftOut: (line) => console.error(line),
  });
  if (made.cells === 0) {
    if (earlier.length === 0) throw new RunError(`${directory} has no finished cell; a run makes some`);
    console.log(
      `nothing new: ${counted(earlier.length, 'earlier pack has', 'earlier packs have')} every finished cell`,
    );
    return;
  }
  const file = folder === undefined ? place : join(folder, made.digest.slice(0, NAMED) + ENDING);
  // A pack that somebody has added or committed never changes.
  if (existsSync(file) && readPackHead(file).digest !== made.digest) {
    throw new RunError(
      `${file} is there already and holds other cells; name another file, and --since ${file} packs what it lacks`,
    );
  }
  await writeFile(file, made.parts);
  const bytes = made.parts.reduce((sum, part) => sum + part.length, 0);
  const each = Math.round(bytes / made.cells);
  console.log(
    `${file}: ${counted(made.cells, 'cell', 'cells')}, ${bytes} bytes (${each} a cell), content ${made.digest}`,
  );
}

export async function add(
  places: readonly string[],
  { ledger: directory }: { readonly ledger: string },
): Promise<void> {
  if (existsSync(directory)) requireLedger(directory);
  const ledger = openLedger({ directory, parseResult: parseCellResult });
  const files = [...new Set(places.flatMap(packsIn))];
  const { added, present, held } = await addPacks({ ledger, files, numericsVersion: NUMERICS_VERSION });
  console.log(`${directory}: ${added.length} added, ${present} already there`);
  if (held.length === 0) return;
  const keys = held.map(({ key }) => key.slice(0, NAMED)).join(', ');
  throw new RunError(
    `${counted(held.length, 'cell is', 'cells are')} being computed by a run and not added: ${keys}; the same command adds what the run leaves`,
  );
}

/** The file, or the packs of the folder. @throws RunError where a folder has none */
function packsIn(place: string): string[] {
  if (!isFolder(place)) return [place];
  const packs = packsOf(place);
  if (packs.length > 0) return packs;
  throw new RunError(`${place} holds no file that ends with ${ENDING}`);
}

function packsOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(ENDING));
  return names.sort().map((name) => join(folder, name));
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function counted(number: number, one: string, more: string): string {
  return `${number} ${number === 1 ? one : more}`;
}
