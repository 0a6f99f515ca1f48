/** What a survey of a ledger finds. */
import type { Owner } from '../leases/owner.ts';
import type { Ledger } from '../ledger.ts';
import type { BrokenFile } from '../sealed-files.ts';

/** A path of the ledger, and why it is named. */
export interface NamedPath {
  readonly path: string;
  readonly reason: string;
}

/** A path that no run will use. */
export interface Leftover extends NamedPath {
  /** The cell to which it belongs; null where it belongs to none. */
  readonly key: string | null;
}

/**
 * An `unfinished` cell was started, but has neither a result nor a failure. The result of a `damaged` cell, or its
 * provenance, is broken. The result of an `earlier` cell has the form of an earlier version. The folder of an `unknown`
 * cell holds no file of this ledger, or a result of newer numerics.
 */
export type CellState = 'done' | 'running' | 'failed' | 'unfinished' | 'damaged' | 'earlier' | 'unknown';

export interface SurveyedCell {
  readonly key: string;
  readonly state: CellState;
  /** The owner of the cell's lease, dead or alive; null where there is none or its lease cannot be read. */
  readonly owner: Owner | null;
}

export interface LedgerSurvey {
  readonly cells: readonly SurveyedCell[];
  readonly leftovers: readonly Leftover[];
  readonly unknown: readonly NamedPath[];
  /** Results that this version does not believe. */
  readonly broken: readonly BrokenFile[];
}

export interface SurveyOptions {
  readonly ledger: Ledger<unknown>;
  /** The numerics of this version. */
  readonly numericsVersion: number;
  /** Silence after which a lease is dead; two minutes by default. */
  readonly deadAfterMs?: number;
}

export interface CellSurvey {
  readonly cell: SurveyedCell;
  readonly leftovers: readonly Leftover[];
  readonly unknown: readonly NamedPath[];
  readonly broken?: readonly BrokenFile[];
}
