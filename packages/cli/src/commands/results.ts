/** `clce table`, `claims`, `trace` and `query`. */
import { type Command, Option } from 'commander';
import { action } from './action.ts';
import { ledgerOption, wholeNumber } from './options.ts';

const load = () => import('../actions/results.ts');

const tableFormats = ['text', 'markdown', 'latex'] as const;
export type TableFormat = (typeof tableFormats)[number];

const queryFormats = ['text', 'csv', 'json'] as const;
export type QueryFormat = (typeof queryFormats)[number];

export function addResultsCommands(program: Command): void {
  const results = () =>
    new Option(
      '--results <folder>',
      'where the tables are (default: each suite’s in tables/ or, where that has none, the reference tables in results/)',
    );
  program
    .command('table')
    .description('print a suite’s accuracies; bold: the best, where it beats the runner-up (Holm-corrected)')
    .argument('[suite]', 'such as fewshot (default: every suite that has results)')
    .addOption(new Option('--format <name>').choices(tableFormats).default('text'))
    .addOption(results())
    .action(action(load, 'table'));
  program
    .command('claims')
    .description('each claim of the paper, and the same questions asked of what was run here')
    .option('--json', 'everything, for programs')
    .addOption(results())
    .action(action(load, 'claims'));
  program
    .command('trace')
    .description('the cells, machine and command behind a row of a table')
    .argument('<suite>', 'such as fewshot')
    .argument('<row>', 'of the CSV file, the first below the header being 1', wholeNumber)
    .addOption(results())
    .addOption(ledgerOption())
    .action(action(load, 'trace'));
  program
    .command('query')
    .description(
      'SQL (DuckDB) over all results: a view a CSV file (fewshot, fewshot_seeds, …), and cells of the ledger',
    )
    .argument(
      '<sql>',
      `such as "select shot, classifier, loss, avg(value) from fewshot_seeds where measure = 'accuracy' group by all"`,
    )
    .addOption(new Option('--format <name>').choices(queryFormats).default('text'))
    .addOption(results())
    .addOption(ledgerOption())
    .action(action(load, 'query'));
}
