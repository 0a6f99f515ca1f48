/** `clce cluster …`, and `clce run-cell`, which an element of a Slurm job array runs. */
import type { Command } from 'commander';
import { action } from './action.ts';
import { ledgerOption, wholeNumber } from './options.ts';

const load = () => import('../actions/cluster.ts');

export function addClusterCommands(program: Command): void {
  const cluster = program
    .command('cluster')
    .description('what was given to Slurm with bench --executor slurm');
  cluster
    .command('status')
    .description('every submission: cells pending, running, done, failed, lost')
    .addOption(ledgerOption())
    .action(action(load, 'status'));
  cluster
    .command('cancel')
    .description('take submissions out of the queue; what is done stays done')
    .argument('<ids...>', 'as status lists them')
    .addOption(ledgerOption())
    .action(action(load, 'cancel'));
  cluster
    .command('collect')
    .description('how each cell of a submission ended; for the table, run the same bench command again')
    .argument('<id>', 'as status lists it')
    .addOption(ledgerOption())
    .action(action(load, 'collect'));
  program
    .command('run-cell', { hidden: true })
    .argument('<plan>')
    .argument('<index>', '', wholeNumber)
    .addOption(ledgerOption())
    .requiredOption('--data <folder>')
    .requiredOption('--weights <json>')
    .requiredOption('--own-files <json>')
    .requiredOption('--data-workers <n>', '', wholeNumber)
    .option('--save-weights')
    .requiredOption('--snapshot-ms <n>', '', wholeNumber)
    .action(action(load, 'runCell'));
}
