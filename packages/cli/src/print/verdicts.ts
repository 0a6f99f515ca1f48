/** Verdicts in words: on the paper's claims, and on the same questions for the available runs. */
import { type ClaimResult, compareVariants, rowTitle, type SeedRow } from '@clce/results';
import { probability, withInterval } from './figures.ts';
import { wrapped } from './fitted-table.ts';

/** Does CLCE beat cross-entropy? Do the hard negatives help? */
const QUESTIONS = [
  ['CLCE', 'CE'],
  ['CLCE', 'CE + SupCon'],
] as const;

export function claimLines(results: readonly ClaimResult[]): string {
  return results
    .map(({ claim, published, source, verdict, because, measured }) => {
      const figure =
        measured === null ? '' : ` ${withInterval(measured.value, measured.lower, measured.upper)};`;
      const said = published === null ? '' : ` (${published})`;
      return `${verdict.padEnd('not reproduced'.length)}  ${claim}${said}, ${source}:${figure} ${because}`;
    })
    .join('\n');
}

/** Comparisons within one suite, also of variants at the same budget, group or temperature. The p values of each question are Holm-corrected over its lines. */
export function comparisonLines(rows: Iterable<SeedRow>, width = Number.POSITIVE_INFINITY): string {
  const lines = QUESTIONS.flatMap(([one, two]) =>
    compareVariants(rows, one, two).map(
      ({ method, other, setting, seeds, difference, lower, upper, pHolm, outcome }) => {
        const p = pHolm === null ? 'no test' : `p Holm ${probability(pHolm)}`;
        const figures = `${withInterval(difference, lower, upper)}, ${seeds} seeds, ${p}`;
        const verdict = outcome.padEnd('undecided'.length);
        const line = `${verdict}  ${method} − ${other}, ${rowTitle(setting)}: ${figures}`;
        return wrapped(line, width, verdict.length + 2);
      },
    ),
  );
  return lines.length === 0
    ? 'neither CLCE and CE nor CLCE and CE + SupCon were run on the same seeds'
    : lines.join('\n');
}
