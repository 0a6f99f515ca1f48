/** Warns of budgets too small to compare losses: the reference is still less accurate than raw pixels. */
import { type ResultRow, rowTitle } from '@clce/results';
import { wrapped } from './fitted-table.ts';

/**
 * One line for each undertrained data set, backbone and batch size; empty where training beats raw pixels everywhere.
 *
 * @param reference the method with which the other methods are compared
 */
export function undertrainedLines(rows: readonly ResultRow[], reference: string, width: number): string {
  const worst = new Map<string, Shortfall>();
  for (const shortfall of shortfallsOf(rows, reference)) {
    const { dataset, backbone, batch_size } = shortfall.row;
    const setting = rowTitle({ dataset, backbone, batch_size });
    if (shortfall.points > (worst.get(setting)?.points ?? 0)) worst.set(setting, shortfall);
  }
  return [...worst]
    .map(([setting, { row, points }]) => {
      const { shot, classifier, value } = row;
      const where = rowTitle({ shot, classifier });
      const figures = `${reference} has ${value.toFixed(1)} %, raw pixels ${(value + points).toFixed(1)} %`;
      return wrapped(`${setting}: not trained enough to compare (${where}: ${figures})`, width, 2);
    })
    .join('\n');
}

interface Shortfall {
  readonly row: ResultRow;
  /** Accuracy of raw pixels minus accuracy of the reference, in points. */
  readonly points: number;
}

function shortfallsOf(rows: readonly ResultRow[], reference: string): Shortfall[] {
  const accuracies = rows.filter(({ measure }) => measure === 'accuracy');
  const ofReference = accuracies.filter(({ loss }) => loss === reference);
  return accuracies
    .filter(({ backbone }) => backbone === 'raw pixels')
    .flatMap((pixels) => {
      const comparable = ofReference.filter(
        (row) => row.dataset === pixels.dataset && row.shot === pixels.shot,
      );
      // Raw pixels have one classifier, and the run may not use it.
      const alike = comparable.filter(({ classifier }) => classifier === pixels.classifier);
      return (alike.length > 0 ? alike : comparable).map((row) => ({
        row,
        points: pixels.value - row.value,
      }));
    });
}
