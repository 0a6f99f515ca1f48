/** The state of one cell, and what is left over in its folder. */
import * as nodeFiles from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { StandingLease } from '../leases/leases.ts';
import type { Ledger } from '../ledger.ts';
import { entriesOf, isHalfWritten, isOfLedger, isSnapshot, OWN } from './cell-files.ts';
import type { CellSurvey, Leftover, NamedPath, SurveyOptions } from './found.ts';

/** @param lease the cell's lease; undefined where there is none, or the caller has it */
export async function surveyCell(
  key: string,
  lease: StandingLease | undefined,
  { ledger, numericsVersion }: SurveyOptions,
): Promise<CellSurvey> {
  const folder = join(ledger.directory, key);
  const owner = lease?.owner ?? null;
  const running = lease !== undefined && !lease.dead;
  const named = (name: string, reason: string): Leftover => ({ key, path: join(folder, name), reason });
  try {
    const entries = await entriesOf(folder);
    const names = entries.map(({ name }) => name);
    // A folder in the place of a file that is read is told by its reader.
    const foreign = entries.filter((entry) => !isOfLedger(entry) && !OWN.includes(entry.name));
    const unknown: NamedPath[] = foreign.map(({ name }) => named(name, 'it is not of the ledger'));
    const kept = names.includes('failure.json') ? 'failed' : 'unfinished';
    if (running && !(names.includes('result.json') && kept !== 'failed')) {
      return { cell: { key, state: 'running', owner }, leftovers: [], unknown };
    }
    const own = entries.filter(isOfLedger).map(({ name }) => name);
    const halves = own
      .filter((name) => !running && isHalfWritten(name))
      .map((name) => named(name, 'it is half-written'));
    const stored = await ledger.read(key);
    if (stored.state === 'absent') {
      const state = foreign.length > 0 && foreign.length === names.length ? 'unknown' : kept;
      return { cell: { key, state, owner }, leftovers: halves, unknown };
    }
    if (stored.state === 'disbelieved' && stored.earlierLayout !== undefined && kept !== 'failed') {
      // A snapshot is of an interrupted attempt to compute the result again.
      const old = own.some(isSnapshot)
        ? [named('result.json', stored.reason)]
        : [{ key, path: folder, reason: stored.reason }];
      return { cell: { key, state: 'earlier', owner }, leftovers: running ? [] : old, unknown };
    }
    const spec = stored.state === 'present' ? stored.record.spec : await ledger.readSpec(key);
    const { numericsVersion: numerics } = (spec ?? {}) as { readonly numericsVersion?: unknown };
    // Results of other numerics may have other entries; a broken provenance is broken with any numerics.
    const isOther = numerics !== undefined && numerics !== numericsVersion;
    if (stored.state === 'disbelieved' && !(isOther && basename(stored.file) === 'result.json')) {
      const state = kept === 'failed' ? kept : 'damaged';
      return { cell: { key, state, owner }, leftovers: halves, unknown, broken: [stored] };
    }
    const believed = stored.state === 'present' ? 'done' : 'earlier';
    const state = kept === 'failed' ? kept : believed;
    if (!Number.isInteger(numerics) || Number(numerics) < 1 || Number(numerics) > numericsVersion) {
      const reason = `it has numerics ${JSON.stringify(numerics)}; this version has ${numericsVersion}`;
      unknown.push(named('result.json', reason));
      return { cell: { key, state: 'unknown', owner }, leftovers: halves, unknown };
    }
    if (running) return { cell: { key, state, owner }, leftovers: [], unknown };
    if (Number(numerics) < numericsVersion && state !== 'failed') {
      const leftovers = [{ key, path: folder, reason: `its result has the earlier numerics ${numerics}` }];
      return { cell: { key, state, owner }, leftovers, unknown };
    }
    const snapshots = own.filter((name) => state === 'done' && isSnapshot(name));
    const journal = snapshots.length === 0 ? null : await ledger.brokenJournal(key);
    if (journal !== null) {
      const reason = `its journal, which tells of which attempt it is, cannot be believed: ${journal.reason}`;
      unknown.push(...snapshots.map((name) => named(name, reason)));
      return { cell: { key, state, owner }, leftovers: halves, unknown };
    }
    const useless = await uselessSnapshots(ledger, key, snapshots);
    const beside = useless.map((name) => named(name, 'it is a snapshot beside a result'));
    return { cell: { key, state, owner }, leftovers: [...halves, ...beside], unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      cell: { key, state: running ? 'running' : 'unknown', owner },
      leftovers: [],
      unknown: [{ path: folder, reason }],
    };
  }
}

/** Snapshots beside a result, without those of an interrupted attempt to compute that result again. */
async function uselessSnapshots(
  ledger: Ledger<unknown>,
  key: string,
  snapshots: readonly string[],
): Promise<readonly string[]> {
  if (snapshots.length === 0) return [];
  const attempt = (await ledger.readJournal(key)).findLast(({ event }) => event === 'started');
  if (attempt?.['again'] === undefined) return snapshots;
  const writtenMs = async (name: string) => (await nodeFiles.stat(join(ledger.directory, key, name))).mtimeMs;
  const result = await writtenMs('result.json');
  const older: string[] = [];
  for (const name of snapshots) if ((await writtenMs(name)) <= result) older.push(name);
  return older;
}
