/** `clce power`: what a study of a given size can show, before any cell is run. */
import { UserError } from '@clce/registry';
import { powerOf, TESTS_PER_COMPARISON } from '@clce/statistics';
import { fittedTable, terminalWidth, wrapped } from '../print/fitted-table.ts';

interface PowerOptions {
  readonly folds: readonly number[];
  readonly seeds: readonly number[];
  readonly classes: readonly number[];
  readonly foldSpread: number;
  readonly seedSpread: number;
  readonly classSpread: number;
  readonly restSpread: number;
  readonly comparisons: number;
  readonly alpha: number;
  readonly power: number;
}

export function power(options: PowerOptions): void {
  const { foldSpread, seedSpread, classSpread, restSpread, comparisons, alpha, power: wanted } = options;
  const spreads = { fold: foldSpread, seed: seedSpread, class: classSpread, rest: restSpread };
  if (Object.values(spreads).every((spread) => spread === 0)) {
    throw new UserError('all four spreads are 0; without a spread every difference is certain');
  }
  if (wanted <= alpha) throw new UserError(`--power ${wanted} must be above --alpha ${alpha}`);
  const tests = TESTS_PER_COMPARISON * comparisons;
  const rows = options.folds.flatMap((folds) =>
    options.seeds.flatMap((seeds) =>
      options.classes.map((classes) => {
        const { halfWidth, difference, margin } = powerOf(
          { folds, seeds, classes },
          spreads,
          alpha / tests,
          wanted,
        );
        return {
          titles: [`${folds}`, `${seeds}`, `${classes}`],
          cells: [[`${folds * seeds}`, halfWidth.toFixed(2), difference.toFixed(2), margin.toFixed(2)]],
        };
      }),
    ),
  );
  const table = {
    titles: ['folds', 'seeds', 'classes\na fold'],
    groups: [['trainings\na method', '± 95 %\nunadjusted', 'difference\nfound', 'margin of\nequivalence']],
    rows,
  };
  const width = terminalWidth();
  const percent = `${Number((100 * wanted).toPrecision(12))} %`;
  const legend = [
    `In points of accuracy. Difference found: a true difference that the test over folds finds with ${percent} power.`,
    `Margin of equivalence: the smallest margin within which methods without a difference are found equivalent with ${percent} power.`,
    `Level ${alpha}, shared by the ${tests} tests of the family.`,
    `Spreads of the paired difference, as given: fold ${foldSpread}, seed ${seedSpread}, class ${classSpread}, rest ${restSpread}.`,
  ].join(' ');
  console.log(`${fittedTable(table, width)}\n${wrapped(legend, width)}`);
}
