/** `clce table`, `claims`, `trace`, `tune show`, `query` and `verify`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { action } from './action.ts';
import {
  dataOption,
  datasetFileOption,
  ledgerOption,
  lossFileOption,
  positiveNumber,
  repeated,
  wholeNumber,
} from './flags/options.ts';

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
    .option(
      '--weights <sha256...>',
      'hashes of files that are the published BEiT-3, 12 digits or more: runs from other files judge no claim',
      hashes,
    )
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
  addVerifyCommand(program);
}

/** A part of the cells of a table. */
export type Sample = { readonly share: number } | { readonly count: number };

function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'compute a random sample of a table’s cells again, in an empty ledger, and compare the results with the table',
    )
    .argument('<table>', 'such as results/fewshot.csv, beside its provenance')
    .addOption(
      new Option('--sample <share or number>', 'such as 5% or 3; at least one cell')
        .argParser(sample)
        .default({ share: 0.05 }, '5%'),
    )
    .option(
      '--seed <n>',
      'chooses the same cells again (default: a random one, which is printed)',
      wholeNumber,
    )
    .option('--workers <n>', 'cells that run at once, each on its share of the cores', positiveNumber, 2)
    .addOption(dataOption())
    .addOption(datasetFileOption())
    .addOption(lossFileOption())
    .addOption(
      new Option(
        '--input <file>',
        'weights, an ONNX model or episodes that the cells start from, whatever its name; repeatable',
      ).argParser(repeated),
    )
    .addHelpText(
      'after',
      `
The exit code is 0 where at least one cell was compared and none differs or failed.

Examples:
  ./clce verify results/fewshot.csv --sample 1
  ./clce verify tables/mine.csv --sample 10% --seed 7 --loss-file mine.ts --input vit.safetensors`,
    )
    .action(action(() => import('../actions/verify.ts'), 'verify'));
}

function sample(value: string): Sample {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(value) ?? [];
  const share = Number(percent) / 100;
  if (share > 0 && share <= 1) return { share };
  if (/^[1-9]\d*$/.test(value)) return { count: Number(value) };
  throw new InvalidArgumentError('Expected a share such as 5%, up to 100%, or a number of cells.');
}

/** Hashes as users write them, one after the other. */
function hashes(text: string, before: readonly string[] = []): readonly string[] {
  if (/^[0-9a-f]{12,64}$/i.test(text)) return [...before, text.toLowerCase()];
  throw new InvalidArgumentError('expected 12 to 64 hexadecimal digits of a SHA-256');
}
