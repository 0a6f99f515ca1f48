/** `clce cluster …`, and `clce run-cell`, the command of one element of a Slurm job array. */
import type { Command } from 'commander';
import { action } from './action.ts';
import { ledgerOption, wholeNumber } from './flags/options.ts';

const load = () => import('../actions/cluster.ts');

export function addClusterCommands(program: Command): void {
  const cluster = program
    .command('cluster')
    .description('submissions to Slurm, made with `./clce bench --executor slurm`');
  cluster
    .command('status')
    .description('count the pending, running, done, failed and lost cells of every submission')
    .addOption(ledgerOption())
    .action(action(load, 'status'));
  cluster
    .command('cancel')
    .description('cancel submissions; finished cells stay')
    .argument('<ids...>', 'ids from `./clce cluster status`')
    .addOption(ledgerOption())
    .action(action(load, 'cancel'));
  cluster
    .command('collect')
    .description('say how each cell of a submission ended; run the same bench command again for the table')
    .argument('<id>', 'an id from `./clce cluster status`')
    .addOption(ledgerOption())
    .action(action(load, 'collect'));
  program
    .command('run-cell', { hidden: true })
    .argument('<plan>')
    .argument('<index>', '', wholeNumber)
    .action(action(load, 'runCell'));
}
