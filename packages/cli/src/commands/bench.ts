/** `clce bench SUITE`. */
import { type Command, Option } from 'commander';
import { action } from './action.ts';
import { ledgerOption, minutes, positiveNumber, wholeNumber } from './flags/options.ts';
import { addSlurmOptions } from './flags/slurm-options.ts';
import { addSuiteOptions } from './flags/suite-options.ts';

export function addBenchCommand(program: Command): void {
  const command = addSuiteOptions(program.command('bench').description('run a suite and make its table'))
    .addOption(ledgerOption())
    .option('--out <file>', 'the CSV file (default: tables/SUITE.csv, or tables/SUITE-PRESET.csv)')
    .addOption(new Option('--reference', 'write the committed reference tables in results/').conflicts('out'))
    .option('--workers <n>', 'cells that run at once, each on its share of the cores', positiveNumber, 2)
    .option('--data-workers <n>', 'threads of each cell that make batches while it trains', wholeNumber, 1)
    .option('--snapshot-every <minutes>', 'how often a cell in training is saved, to go on from', minutes, 5)
    .option(
      '--save-weights',
      'leave the trained weights of each cell that is computed beside its result, for PyTorch (safetensors)',
    )
    .option('--json', 'events as JSON lines on standard output, in place of progress and tables')
    .option('--wide', 'every column of the table, however wide')
    .option('--dry-run', 'check everything, list the cells and stop; prepares no data')
    .option('--trials-only', 'of a tuned preset: run the trials, say what they choose and stop')
    .addOption(
      new Option('--executor <name>', 'where cells run').choices(['local', 'slurm']).default('local'),
    )
    .action(action(() => import('../actions/bench.ts'), 'bench'));
  addSlurmOptions(command);
}
