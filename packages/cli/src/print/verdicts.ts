/** Verdicts in words: on the paper's claims, and on the same questions for the available runs. */
import { type ClaimResult, comparePairs, rowTitle, type SeedRow } from '@clce/results';
import { probability, withInterval } from './figures.ts';
import { wrapped } from './fitted-table.ts';

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
 * leaves open. The comparisons with the reference are one family of tests, as in the table; each open question is one.
 */
export function comparisonLines(rows: Iterable<SeedRow>, width = Number.POSITIVE_INFINITY): string {
  const methods = methodsOf(rows);
  const [reference = '', ...others] = methods;
  const withReference = others.map(
    (method): MethodPair => QUESTIONS.find(isPairOf(method, reference)) ?? [method, reference],
  );
  const open = QUESTIONS.filter(
    ([method, other]) =>
      methods.includes(method) && methods.includes(other) && !withReference.some(isPairOf(method, other)),
  );
  const families = [withReference, ...open.map((pair) => [pair])].filter(({ length }) => length > 0);
  const lines = families.flatMap((pairs) =>
    comparePairs(rows, pairs).map(
      ({ method, other, setting, seeds, difference, lower, upper, pHolm, outcome }) => {
        const p = pHolm === null ? 'no test' : `p Holm ${probability(pHolm)}`;
        const figures = `${withInterval(difference, lower, upper)}, ${seeds} seeds, ${p}`;
        const verdict = outcome.padEnd('undecided'.length);
        const line = `${verdict}  ${method} − ${other}, ${rowTitle(setting)}: ${figures}`;
        return wrapped(line, width, verdict.length + 2);
      },
    ),
  );
  if (lines.length === 0) return 'no two methods were run on the same seeds';
  const legend = 'Verdicts are by the Holm-corrected p; the 95 % intervals are unadjusted.';
  return [...lines, wrapped(legend, width)].join('\n');
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
