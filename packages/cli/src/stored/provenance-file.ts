/**
 * `SUITE.provenance.json`: what is behind a table. It holds the command line, the preset as it was run, the files of the
 * table, and for each cell its key, specification, code, machine and time. It begins with a digest of the rest, as the files
 * of a ledger do; a file of an earlier version has none.
 *
 * Cells share most of their specification and their machine. So a value stands once in `values`, and a cell holds its place
 * there. A cell is a line of `cells`, with an entry for each of `columns`.
 */
import { isMapping, type ListedFiles, parseJson, sealedDigest, withDigest, withoutDigest } from '@clce/files';
import { faultOfProvenance, type Provenance } from '@clce/runner';
import { RunError } from '../run/run-error.ts';

type Entries = Readonly<Record<string, unknown>>;

export interface BehindCell {
  readonly key: string;
  readonly spec: object;
  /** Null where the ledger did not know it. `result` is the digest of the result.json; earlier versions did not write it. */
  readonly provenance: (Partial<Provenance> & { readonly result?: string }) | null;
}

export interface BehindTable {
  readonly suite: string;
  /** Of the command line. */
  readonly arguments: readonly string[];
  readonly preset: unknown;
  /** From what each plot was drawn, by the plot's ending. */
  readonly drawn?: DrawnPlots;
  readonly cells: readonly BehindCell[];
}

/** SHA-256 of each plot's specification and renderer. */
export type DrawnPlots = Readonly<Record<string, string>>;

/** The content of a provenance file. Earlier versions wrote fewer entries. */
export interface StoredProvenance {
  readonly arguments?: readonly string[];
  readonly cells: readonly BehindCell[];
  readonly listed?: ListedFiles;
  readonly drawn?: DrawnPlots;
}

const LAYOUT = 2;

/** Entries that differ from cell to cell. */
const OWN = new Set([
  ...['key', 'spec.seed', 'provenance.startedAt', 'provenance.endedAt', 'provenance.durationMs'],
  ...['provenance.peakMemoryMB', 'provenance.result'],
]);

export function provenanceText({ cells, ...behind }: BehindTable, { files, gone }: ListedFiles): string {
  // Cell by cell, and twice: the entries of all cells take more memory than the cells.
  const named = new Set(['key']);
  for (const { spec, provenance } of cells) {
    addColumns(named, 'spec', spec);
    addColumns(named, 'provenance', provenance ?? {});
  }
  const columns = [...named].map((column) => ({
    ...columnOf(column),
    values: OWN.has(column) ? undefined : distinct(),
  }));
  const rows = cells.map((cell) => {
    const row = columns.map(({ part, entry, values }) => {
      const value = part === undefined ? cell.key : entryOf(cell[part], entry);
      if (value === undefined) return null;
      return values === undefined ? value : values.placeOf(value);
    });
    return `    ${JSON.stringify(row)}`;
  });
  const lines = columns.flatMap(({ column, values }) =>
    values === undefined ? [] : [`    ${JSON.stringify(column)}: [${values.all.join(', ')}]`],
  );
  const head = JSON.stringify({ layout: LAYOUT, ...behind, files, gone }, null, 2).slice(0, -'\n}'.length);
  return withDigest(`${head},
  "columns": ${JSON.stringify([...named])},
  "values": {
${lines.join(',\n')}
  },
  "cells": [
${rows.join(',\n')}
  ]
}
`);
}

function addColumns(named: Set<string>, part: 'spec' | 'provenance', entries: object): void {
  for (const [entry, value] of Object.entries(entries))
    if (value !== undefined) named.add(`${part}.${entry}`);
}

function entryOf(entries: object | null, entry: string): unknown {
  return entries !== null && Object.hasOwn(entries, entry) ? (entries as Entries)[entry] : undefined;
}

/** The part of a cell that holds the column, and the entry's name there; the key is no part. */
function columnOf(column: string): {
  readonly column: string;
  readonly part: 'spec' | 'provenance' | undefined;
  readonly entry: string;
} {
  const [, part, entry = ''] = /^(spec|provenance)\.(.*)$/s.exec(column) ?? [];
  return { column, part: part as 'spec' | 'provenance' | undefined, entry };
}

/** @throws UserError in one line that names the file */
export function parseProvenance(text: string, file: string): StoredProvenance {
  const { cells, columns, values, fail, ...listing } = parsedFile(text, file);
  const read = columns === undefined ? cells : cells.map(cellReader(columns, values));
  if (!read.every(isCell)) {
    throw fail(
      columns === undefined
        ? 'a cell lacks its key or its specification'
        : 'a cell does not fit its columns and values',
    );
  }
  requireProvenances(read, fail);
  return { ...listing, cells: read };
}

/** The same without the cells, of which there may be many thousand. @throws UserError in one line that names the file */
export function parseListing(text: string, file: string): Pick<StoredProvenance, 'listed' | 'drawn'> {
  const { listed, drawn } = parsedFile(text, file);
  return { ...(listed && { listed }), ...(drawn && { drawn }) };
}

type ParsedFile = Omit<StoredProvenance, 'cells'> & {
  readonly cells: readonly unknown[];
  readonly fail: (what: string) => RunError;
} & (
    | { readonly columns: readonly string[]; readonly values: Entries }
    /** A file of an earlier version holds whole cells. */
    | { readonly columns?: undefined; readonly values?: undefined }
  );

function parsedFile(text: string, file: string): ParsedFile {
  const fail = (what: string) =>
    new RunError(
      `${file} is no provenance of a table: ${what}; the command that made the table writes it anew`,
    );
  const stored = parseJson(sealedDigest(text) === undefined ? text : checked(text, fail), file);
  if (!isMapping(stored)) throw fail('it holds no object');
  const {
    layout,
    suite: _,
    arguments: words,
    preset: __,
    cells,
    columns,
    values,
    files,
    gone,
    drawn = {},
    ...more
  } = stored;
  if (layout !== undefined && layout !== LAYOUT) {
    throw new RunError(
      `${file} has layout ${JSON.stringify(layout)}, and this version reads layout ${LAYOUT}; use the version that wrote it`,
    );
  }
  const [other] = Object.keys(more);
  // Such as the digest of a file whose first bytes have changed.
  if (other !== undefined) throw fail(`it has an entry ${JSON.stringify(other)}`);
  if (!Array.isArray(cells)) throw fail('it has no cells');
  if (words !== undefined && !isTexts(words)) throw fail('its arguments are no list of words');
  const said = words === undefined ? {} : { arguments: words };
  if (layout === undefined) return { ...said, cells, fail };
  if (!isTexts(columns) || !isMapping(values)) throw fail('it has no columns and values');
  if (!isHashes(files) || !isHashes(gone)) throw fail('it does not list the files of the table');
  if (!isHashes(drawn)) throw fail('it does not say what its plots are drawn from');
  return { ...said, cells, columns, values, listed: { files, gone }, drawn, fail };
}

function checked(text: string, fail: (what: string) => RunError): string {
  try {
    return withoutDigest(text);
  } catch (error) {
    throw fail((error as Error).message);
  }
}

/** The cells' provenances have entries of the right kinds. */
function requireProvenances(cells: readonly BehindCell[], fail: (what: string) => RunError): void {
  for (const { key, provenance } of cells) {
    const fault = provenance === null ? undefined : faultOfProvenance(provenance);
    if (fault !== undefined) throw fail(`the provenance of cell ${key}: ${fault}`);
  }
}

/** Numbers values in the order of their first use; equal JSON is one value. */
function distinct(): { readonly all: readonly string[]; readonly placeOf: (value: unknown) => number } {
  const places = new Map<string, number>();
  /** Most cells share their values, which are spelled once. */
  const known = new Map<unknown, number>();
  const all: string[] = [];
  return {
    all,
    placeOf(value) {
      const before = known.get(value);
      if (before !== undefined) return before;
      const text = JSON.stringify(value);
      const place = places.get(text) ?? all.push(text) - 1;
      places.set(text, place);
      known.set(value, place);
      return place;
    },
  };
}

/** @returns a function that gives undefined where the row does not fit */
function cellReader(columns: readonly string[], values: Entries): (row: unknown) => BehindCell | undefined {
  const places = columns.map((column) => {
    const list = Object.hasOwn(values, column) ? values[column] : undefined;
    return { ...columnOf(column), list: Array.isArray(list) ? (list as readonly unknown[]) : undefined };
  });
  return (row) => {
    if (!Array.isArray(row) || row.length !== columns.length) return undefined;
    const parts: Record<string, Record<string, unknown>> = { spec: {}, provenance: {} };
    let key: unknown;
    for (const [at, { part, entry, list }] of places.entries()) {
      if (row[at] === null) continue;
      const value: unknown = list === undefined ? row[at] : list[row[at] as number];
      if (value === undefined) return undefined;
      if (part === undefined) key = value;
      else parts[part]![entry] = value;
    }
    const { spec, provenance } = parts as { spec: object; provenance: object };
    return { key: key as string, spec, provenance: Object.keys(provenance).length === 0 ? null : provenance };
  };
}

function isCell(cell: unknown): cell is BehindCell {
  return isMapping(cell) && typeof cell['key'] === 'string' && isMapping(cell['spec']);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Names of files in the table's own folder, with their hashes. */
function isHashes(value: unknown): value is Record<string, string> {
  return (
    isMapping(value) &&
    Object.entries(value).every(
      ([name, hash]) => /^[^/\\\0]+$/.test(name) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash),
    )
  );
}
