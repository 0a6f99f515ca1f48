/** Formats a table of accuracies as text of a given width, as Markdown or as LaTeX. */
import type { AccuracyCell, AccuracyTable } from '@clce/results';
import { latexText, markdownText } from '@clce/text';
import type { TableFormat } from '../commands/results.ts';
import { NOT_JUDGED } from './figures.ts';
import { fittedTable, wrapped } from './fitted-table.ts';

export function formatAccuracyTable(
  table: AccuracyTable,
  format: TableFormat,
  title: string,
  width: number,
): string {
  const rowsOf = (show: (cell: AccuracyCell) => string, escaped: (title: string) => string) =>
    table.rows.map(({ titles, cells }) => [...titles.map(escaped), ...cells.map(show)]);
  switch (format) {
    case 'text': {
      const show = (cell: AccuracyCell) =>
        cell === null ? '–' : `${figures(cell, ' ± ')} ${cell.best ? '*' : ' '}`;
      const text = fittedTable(
        {
          titles: table.columns.slice(0, 3),
          groups: table.columns.slice(3).map((column) => [column.replaceAll(' · ', '\n')]),
          rows: table.rows.map(({ titles, cells }) => ({ titles, cells: cells.map((cell) => [show(cell)]) })),
        },
        width,
      );
      const legend = '± half the 95 % interval over seeds; * best, significantly ahead of the runner-up.';
      const lines = [legend, ...(table.hasValidation ? [NOT_JUDGED] : [])];
      return [title, text, ...lines.map((line) => wrapped(line, width))].join('\n');
    }
    case 'markdown': {
      const show = (cell: AccuracyCell) =>
        cell === null ? '' : bold(figures(cell, ' ± '), cell.best, '**', '**');
      const line = (entries: readonly string[]) => `| ${entries.join(' | ')} |`;
      const alignment = table.columns.map((_, at) => (at < 3 ? '---' : '---:'));
      return [
        line(table.columns.map(markdownText)),
        line(alignment),
        ...rowsOf(show, markdownText).map(line),
      ].join('\n');
    }
    case 'latex': {
      const show = (cell: AccuracyCell) =>
        cell === null
          ? ''
          : bold(`$${figures(cell, String.raw` \pm `)}$`, cell.best, String.raw`\boldmath{`, '}');
      const line = (entries: readonly string[]) => `${entries.join(' & ')} ${String.raw`\\`}`;
      return [
        `${String.raw`\begin{tabular}{lrl`}${'r'.repeat(table.columns.length - 3)}}`,
        String.raw`\toprule`,
        line(table.columns.map(latexText)),
        String.raw`\midrule`,
        ...rowsOf(show, latexText).map(line),
        String.raw`\bottomrule`,
        String.raw`\end{tabular}`,
      ].join('\n');
    }
  }
}

function figures({ value, halfWidth }: NonNullable<AccuracyCell>, between: string): string {
  return halfWidth === null ? value.toFixed(2) : `${value.toFixed(2)}${between}${halfWidth.toFixed(2)}`;
}

function bold(text: string, best: boolean, open: string, close: string): string {
  return best ? `${open}${text}${close}` : text;
}
