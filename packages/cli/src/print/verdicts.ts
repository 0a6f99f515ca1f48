/** Verdicts in words: on the paper's claims, and on the same questions for the available runs. */
import {
  type ClaimResult,
  comparePairs,
  isOnValidation,
  rowTitle,
  type SeedRow,
  type SpreadRow,
  type VerdictRow,
  variantPairs,
} from '@clce/results';
import { NOT_JUDGED, probability, withInterval } from './figures.ts';
import { wrapped } from './fitted-table.ts';
import { verdictSentence } from './verdict-sentence.ts';

/** Does CLCE beat cross-entropy? Do the hard negatives help? */
const QUESTIONS: readonly MethodPair[] = [
  ['CLCE', 'CE'],
  ['CLCE', 'CE + SupCon'],
];

type MethodPair = readonly [method: string, other: string];

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

/**
 * Comparisons within one suite: every method with the reference, which is the first method of the rows, and the questions that this
 * leaves open, also of variants at the same budget, group or temperature. The comparisons with the reference are one family of
 * tests, as in the table; each open question is one.
 */
export function comparisonLines(rows: Iterable<SeedRow>, width = Number.POSITIVE_INFINITY): string {
  const methods = methodsOf(rows);
  const [reference = '', ...others] = methods;
  const questions = QUESTIONS.map(([method, other]) => variantPairs(methods, method, other));
  const withReference = others.map(
    (method): MethodPair => questions.flat().find(isPairOf(method, reference)) ?? [method, reference],
  );
  const open = questions.map((pairs) =>
    pairs.filter(([method, other]) => !withReference.some(isPairOf(method, other))),
  );
  const lines = [withReference, ...open].flatMap((pairs) =>
    comparePairs(rows, pairs).map(
      ({ method, other, setting, units, difference, lower, upper, pHolm, outcome }) => {
        const p = pHolm === null ? 'no test' : `p Holm ${probability(pHolm)}`;
        const of = setting.folds === null ? 'seeds' : 'folds';
        const tested = isOnValidation(setting) ? '' : `, ${p}`;
        const figures = `${withInterval(difference, lower, upper)}, ${units} ${of}${tested}`;
        const verdict = outcome.padEnd('undecided'.length);
        const line = `${verdict}  ${method} − ${other}, ${rowTitle(setting)}: ${figures}`;
        return wrapped(line, width, verdict.length + 2);
      },
    ),
  );
  if (lines.length === 0) return 'no two methods were run on the same seeds';
  const unjudged = lines.filter((line) => line.startsWith('not judged')).length;
  const legend = [
    ...(unjudged < lines.length
      ? ['Verdicts are by the Holm-corrected p; the 95 % intervals are unadjusted.']
      : []),
    ...(unjudged > 0 ? [NOT_JUDGED] : []),
    ...(unjudged === lines.length ? ['The 95 % intervals are unadjusted.'] : []),
  ];
  return [...lines, wrapped(legend.join(' '), width)].join('\n');
}

/** The methods of the rows, in their order. */
function methodsOf(rows: Iterable<SeedRow>): string[] {
  const methods = new Set<string>();
  for (const { loss } of rows) methods.add(loss);
  return [...methods];
}

/** Whether a pair is of these two methods, either of them first. */
function isPairOf(one: string, other: string): (pair: MethodPair) => boolean {
  return ([first, second]) => (first === one && second === other) || (first === other && second === one);
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
