/** `clce table`, `claims`, `trace`, `tune show` and `query`. */
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
      'the folder of the tables (default: tables/, and results/ for suites without tables there)',
    );
  program
    .command('table')
    .description(
      'print a suite’s accuracies; the best is bold if it beats the runner-up significantly (Holm-corrected)',
    )
    .argument('[suite]', 'such as fewshot (default: every suite that has results)')
    .addOption(new Option('--format <name>').choices(tableFormats).default('text'))
    .addOption(results())
    .action(action(load, 'table'));
  program
    .command('claims')
    .description('check each claim of the paper, and answer the same questions for the runs here')
    .option('--json', 'print all figures as JSON')
    .addOption(results())
    .action(action(load, 'claims'));
  program
    .command('trace')
    .description('print the cells, machine and command behind a row of a table')
    .argument('<suite>', 'such as fewshot')
    .argument('<row>', 'number of the row in the CSV file; row 1 is the first below the header', wholeNumber)
    .addOption(results())
    .addOption(ledgerOption())
    .action(action(load, 'trace'));
  program
    .command('tune')
    .description('look at the trials of a tuned suite')
    .command('show')
    .description('print the trials of a table, and what was chosen from them for each method')
    .argument('<table>', 'such as fewshot-tuned')
    .addOption(results())
    .action(action(load, 'tuneShow'));
  program
    .command('query')
    .description(
      'run SQL (DuckDB) over all results: a table for each CSV file (fewshot, fewshot_seeds, …), and `cells` of the ledger',
    )
    .argument(
      '<sql>',
      `such as "select shot, classifier, loss, avg(value) from fewshot_seeds where measure = 'accuracy' group by all"`,
    )
    .addOption(new Option('--format <name>').choices(queryFormats).default('text'))
    .option('--allow-files', 'let the query read and write files and load extensions')
    .addOption(results())
    .addOption(ledgerOption())
    .action(action(load, 'query'));
}
