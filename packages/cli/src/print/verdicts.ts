/** Verdicts in words: on the paper's claims, and on the same questions for the available runs. */
import {
  type ClaimResult,
  compareMethods,
  rowTitle,
  type SeedRow,
  type SpreadRow,
  type VerdictRow,
} from '@clce/results';
import { probability, withInterval } from './figures.ts';
import { wrapped } from './fitted-table.ts';
import { verdictSentence } from './verdict-sentence.ts';

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

/** Comparisons within one suite. The p values of each question are Holm-corrected over its lines. */
export function comparisonLines(rows: Iterable<SeedRow>, width = Number.POSITIVE_INFINITY): string {
  const lines = QUESTIONS.flatMap(([method, other]) =>
    compareMethods(rows, method, other).map(
      ({ setting, units, difference, lower, upper, pHolm, outcome }) => {
        const p = pHolm === null ? 'no test' : `p Holm ${probability(pHolm)}`;
        const of = setting.folds === null ? 'seeds' : 'folds';
        const figures = `${withInterval(difference, lower, upper)}, ${units} ${of}, ${p}`;
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

/** A verdict a line, on the comparisons that were planned. */
export function verdictLines(rows: readonly VerdictRow[], width = Number.POSITIVE_INFINITY): string {
  return rows
    .map(({ dataset, backbone, batch_size, score, method, other, folds, classes, judgement, ...row }) => {
      const where = rowTitle({ dataset, backbone, batch_size, classifier: score });
      const { error_ratio: ratio, error_ratio_lower: lower, error_ratio_upper: upper } = row;
      const interval = lower === null || upper === null ? '' : ` [${lower.toFixed(2)}, ${upper.toFixed(2)}]`;
      const errors =
        ratio === null ? '' : ` Errors of ${method} over ${other}: ${ratio.toFixed(2)}${interval}.`;
      const sentence = verdictSentence(method, other, judgement);
      const line = `${where}, ${folds} folds, ${classes} classes: ${sentence}${errors}`;
      return wrapped(line, width, 2);
    })
    .join('\n');
}

/** The spreads of each compared difference, as flags of `clce power`. */
export function spreadLines(rows: readonly SpreadRow[], width = Number.POSITIVE_INFINITY): string {
  const compared = rows.filter(({ other }) => other !== null);
  if (compared.length === 0) return '';
  const lines = compared.map(({ dataset, backbone, batch_size, score, method, other, ...row }) => {
    const where = rowTitle({ dataset, backbone, batch_size, classifier: score });
    const flags = (['fold', 'seed', 'class', 'rest'] as const)
      .map((part) => `--${part}-spread ${row[`${part}_spread`].toFixed(2)}`)
      .join(' ');
    return wrapped(`${where}, ${method} − ${other}: ${flags}`, width, 2);
  });
  return ['Spreads of the differences in points, for "./clce power":', ...lines].join('\n');
}
