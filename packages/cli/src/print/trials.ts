/** The trials of a tuned preset, and what was chosen from them. */
import { rowTitle, type TrialRow } from '@clce/results';
import { fittedTable, wrapped } from './fitted-table.ts';

/** A line for each choice, which says where a value lies at an end of its range; empty without trials. */
export function choiceLines(rows: readonly TrialRow[], width: number): string {
  return rows
    .filter(({ chosen }) => chosen)
    .map((row) => {
      const trials = rows.filter((other) => isTunedAlike(other, row));
      const lost = trials.filter(({ mean }) => mean === null).length;
      const diverged = lost === 0 ? '' : `, ${lost} of which diverged`;
      const values = Object.entries(row.values).map(
        ([entry, value]) => `${entry} = ${String(value ?? 'the preset’s')}`,
      );
      const choice = `${titleOf(row)}: trial ${row.trial} of ${trials.length}${diverged} (${values.join(', ')}), ${row.mean!.toFixed(2)} % on validation data${edgeText(row, trials)}`;
      return wrapped(choice, width, 2);
    })
    .join('\n');
}

/** A wider range may hold better values, unless chance alone leads to an edge as often. */
function edgeText({ edge }: TrialRow, trials: readonly TrialRow[]): string {
  if (edge === '') return '';
  const atEdge = trials.filter((trial) => trial.edge !== '').length;
  return `; at the edge of its range (${edge}), as ${atEdge} of these ${trials.length} trials are at some edge`;
}

function isTunedAlike(one: TrialRow, other: TrialRow): boolean {
  return titleOf(one) === titleOf(other);
}

function titleOf({ dataset, backbone, batch_size, method: loss }: TrialRow): string {
  return rowTitle({ dataset, backbone, loss, batch_size });
}

const LEGEND =
  'Scores in percent, on validation data. *: the chosen trial of a method. kept: the trial keeps the preset’s value. –: the method does not tune this entry.';

/** Every trial with its values and scores, a table a setting. The chosen trial of a method has a star. */
export function trialTableText(rows: readonly TrialRow[], width: number): string {
  const settings = [...new Set(rows.map(settingOf))];
  const tables = settings.map((setting) => {
    const own = rows.filter((row) => settingOf(row) === setting);
    const methods = [...new Set(own.map(({ method }) => method))];
    const byMethod = methods.flatMap((method) => own.filter((row) => row.method === method));
    return `${setting}\n${settingText(byMethod, width)}`;
  });
  return `${tables.join('\n\n')}\n${wrapped(LEGEND, width)}`;
}

function settingText(rows: readonly TrialRow[], width: number): string {
  const names = (of: (row: TrialRow) => object) => [...new Set(rows.flatMap((row) => Object.keys(of(row))))];
  const entries = names(({ values }) => values);
  const scores = names((row) => row.scores);
  const accuracy = (value: number | null | undefined) => (value == null ? '–' : value.toFixed(2));
  return fittedTable(
    {
      titles: ['method', 'trial'],
      groups: [...entries.map((entry) => [entry.replace('.', '.\n')]), [...scores, 'mean'].map(onLines)],
      rows: rows.map((row) => ({
        titles: [row.method, `${row.trial}${row.chosen ? ' *' : ''}`],
        cells: [
          ...entries.map((entry) => [entry in row.values ? String(row.values[entry] ?? 'kept') : '–']),
          [
            ...scores.map((score) => accuracy(row.scores[score])),
            row.mean === null ? `diverged, ${row.diverged}` : accuracy(row.mean),
          ],
        ],
      })),
    },
    width,
  );
}

function onLines(score: string): string {
  return score.replaceAll(/[ |]/g, '\n');
}

function settingOf({ dataset, backbone, batch_size }: TrialRow): string {
  return rowTitle({ dataset, backbone, batch_size });
}
