/** `clce status`, `show`, `logs`, `why`, `rm` and `gc`. */
import type { Command } from 'commander';
import { action } from './action.ts';
import { ledgerOption } from './options.ts';

const load = () => import('../actions/ledger.ts');

export function addLedgerCommands(program: Command): void {
  const key = 'a cell’s key, or its first digits';
  program
    .command('status')
    .description('how many cells are done, running, failed or left unfinished, and how those stand')
    .option('--json', 'for programs')
    .addOption(ledgerOption())
    .action(action(load, 'status'));
  program
    .command('show')
    .description('a cell: what it is, where its result came from, what it measured')
    .argument('<key>', key)
    .addOption(ledgerOption())
    .action(action(load, 'show'));
  program
    .command('logs')
    .description('the journal of a cell: each attempt, with loss, learning rate and speed on the way')
    .argument('<key>', key)
    .addOption(ledgerOption())
    .action(action(load, 'logs'));
  program
    .command('why')
    .description(
      'what makes two cells two: the entries of their specifications that differ, and their graphs',
    )
    .argument('<key>', key)
    .argument('<other>', key)
    .addOption(ledgerOption())
    .action(action(load, 'why'));
  program
    .command('rm')
    .description('remove cells, so that the next run computes them again')
    .argument('<keys...>', key)
    .addOption(ledgerOption())
    .action(action(load, 'remove'));
  program
    .command('gc')
    .description(
      'remove what no run will use: cells of earlier numerics, claims of the dead, files half-written',
    )
    .option('--dry-run', 'list it and stop')
    .addOption(ledgerOption())
    .action(action(load, 'collect'));
}
