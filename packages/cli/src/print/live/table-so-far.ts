/** The table of an unfinished run, made from its finished cells. */
import { type ReportedResult, resultsTable, roundsOf, rowSettings } from '@clce/results';
import type { SuiteCell } from '../../run/plan.ts';
import { partialTable } from '../terminal-table.ts';

export interface TableSoFar {
  /** Records that a cell has ended. A failed cell has no result. */
  readonly end: (key: string, result: ReportedResult | null) => void;
  readonly rounds: number;
  /** Number of rounds, from the first on, whose cells have all ended. */
  readonly endedRounds: () => number;
  /** Null while no training run has finished. */
  readonly text: (width: number) => string | null;
}

/** @param reference the method with which the other methods are compared */
export function tableSoFar(plan: readonly SuiteCell[], reference: string): TableSoFar {
  const rounds = roundsOf(plan);
  const roundOf = new Map(rounds.flatMap((round, at) => round.map(({ key }) => [key, at] as const)));
  const left = rounds.map(({ length }) => length);
  let ended = 0;
  const settings = rowSettings(plan);
  const results = new Map<string, ReportedResult>();
  return {
    rounds: rounds.length,
    end(key, result) {
      left[roundOf.get(key)!]!--;
      if (result !== null) results.set(key, result);
    },
    endedRounds() {
      while (left[ended] === 0) ended++;
      return ended;
    },
    text(width) {
      const finished = plan.flatMap((cell) => {
        const result = results.get(cell.key);
        return result === undefined ? [] : [{ ...cell, result }];
      });
      if (finished.every(({ facts }) => facts.kind !== 'training')) return null;
      return partialTable(resultsTable(finished, reference), settings, width);
    },
  };
}
