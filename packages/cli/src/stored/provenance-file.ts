/**
 * `SUITE.provenance.json`: what is behind a table. It holds the command line, the preset as it was run, the files of the
 * table, and for each cell its key, specification, code, machine and time. It begins with a digest of the rest, as the files
 * of a ledger do; a file of an earlier version has none.
 *
 * Cells share most of their specification and their machine. So a value stands once in `values`, and a cell holds its place
 * there. A cell is a line of `cells`, with an entry for each of `columns`.
 */
import { type ListedFiles, parseJson, sealedDigest, withDigest, withoutDigest } from '@clce/files';
import { faultOfProvenance, type Provenance } from '@clce/runner';
import { RunError } from '../run/run-error.ts';

type Entries = Readonly<Record<string, unknown>>;

export interface BehindCell {
  readonly key: string;
  readonly spec: object;
  /** Null where the ledger did not know it. */
  readonly provenance: Partial<Provenance> | null;
}

export interface BehindTable {
  readonly suite: string;
  /** Of the command line. */
  readonly arguments: readonly string[];
  readonly preset: unknown;
  readonly cells: readonly BehindCell[];
}

/** The content of a provenance file. Earlier versions wrote fewer entries. */
export interface StoredProvenance {
  readonly arguments?: readonly string[];
  readonly cells: readonly BehindCell[];
  readonly listed?: ListedFiles;
}

const LAYOUT = 2;

/** Entries that differ from cell to cell. */
const OWN = new Set([
  ...['key', 'spec.seed', 'provenance.startedAt', 'provenance.endedAt', 'provenance.durationMs'],
  'provenance.peakMemoryMB',
]);

export function provenanceText({ cells, ...behind }: BehindTable, { files, gone }: ListedFiles): string {
  // Cell by cell, and twice: the entries of all cells take more memory than the cells.
  const named = new Set<string>();
  for (const cell of cells) for (const column of entriesOf(cell).keys()) named.add(column);
  const columns = [...named];
  const values = new Map(columns.filter((column) => !OWN.has(column)).map((column) => [column, distinct()]));
  const rows = cells.map((cell) => {
    const entries = entriesOf(cell);
    const row = columns.map((column) => {
      if (!entries.has(column)) return null;
      return values.get(column)?.placeOf(entries.get(column)) ?? entries.get(column);
    });
    return `    ${JSON.stringify(row)}`;
  });
  const lines = [...values].map(([column, { all }]) => `    ${JSON.stringify(column)}: [${all.join(', ')}]`);
  const head = JSON.stringify({ layout: LAYOUT, ...behind, files, gone }, null, 2).slice(0, -'\n}'.length);
  return withDigest(`${head},
  "columns": ${JSON.stringify(columns)},
  "values": {
${lines.join(',\n')}
  },
  "cells": [
${rows.join(',\n')}
  ]
}
`);
}

/** @throws UserError in one line that names the file */
export function parseProvenance(text: string, file: string): StoredProvenance {
  const fail = (what: string) =>
    new RunError(
      `${file} is no provenance of a table: ${what}; the command that made the table writes it anew`,
    );
  const stored = parseJson(sealedDigest(text) === undefined ? text : checked(text, fail), file);
  if (!isRecord(stored)) throw fail('it holds no object');
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
  if (layout === undefined) {
    if (!cells.every(isCell)) throw fail('a cell lacks its key or its specification');
    requireProvenances(cells, fail);
    return { ...said, cells };
  }
  if (!isTexts(columns) || !isRecord(values)) throw fail('it has no columns and values');
  if (!isHashes(files) || !isHashes(gone)) throw fail('it does not list the files of the table');
  const read = cells.map((row) => cellOf(row, columns, values));
  if (!read.every(isCell)) throw fail('a cell does not fit its columns and values');
  requireProvenances(read, fail);
  return { ...said, cells: read, listed: { files, gone } };
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

/** The entries of a cell by column. */
function entriesOf({ key, spec, provenance }: BehindCell): ReadonlyMap<string, unknown> {
  const within = (name: string, entries: object) =>
    Object.entries(entries).map(([entry, value]) => [`${name}.${entry}`, value] as const);
  const all = [['key', key] as const, ...within('spec', spec), ...within('provenance', provenance ?? {})];
  return new Map(all.filter(([, value]) => value !== undefined));
}

/** Numbers values in the order of their first use; equal JSON is one value. */
function distinct(): { readonly all: readonly string[]; readonly placeOf: (value: unknown) => number } {
  const places = new Map<string, number>();
  const all: string[] = [];
  return {
    all,
    placeOf(value) {
      const text = JSON.stringify(value);
      const place = places.get(text) ?? all.push(text) - 1;
      places.set(text, place);
      return place;
    },
  };
}

/** @returns undefined where the row does not fit */
function cellOf(row: unknown, columns: readonly string[], values: Entries): BehindCell | undefined {
  if (!Array.isArray(row) || row.length !== columns.length) return undefined;
  const parts: Record<string, Record<string, unknown>> = { spec: {}, provenance: {} };
  let key: unknown;
  for (const [at, column] of columns.entries()) {
    if (row[at] === null) continue;
    const list = Object.hasOwn(values, column) ? values[column] : undefined;
    const value: unknown = Array.isArray(list) ? list[row[at] as number] : row[at];
    if (value === undefined) return undefined;
    const [, part, entry] = /^(spec|provenance)\.(.*)$/s.exec(column) ?? [];
    if (part === undefined || entry === undefined) key = value;
    else parts[part]![entry] = value;
  }
  const { spec, provenance } = parts as { spec: object; provenance: object };
  return { key: key as string, spec, provenance: Object.keys(provenance).length === 0 ? null : provenance };
}

function isCell(cell: unknown): cell is BehindCell {
  return isRecord(cell) && typeof cell['key'] === 'string' && isRecord(cell['spec']);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Names of files in the table's own folder, with their hashes. */
function isHashes(value: unknown): value is Record<string, string> {
  return (
    isRecord(value) &&
    Object.entries(value).every(
      ([name, hash]) => /^[^/\\\0]+$/.test(name) && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash),
    )
  );
}
