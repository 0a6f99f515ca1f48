/** `clce status`, `show`, `logs`, `why`, `rm` and `gc`. */
import type { Command } from 'commander';
import { action } from './action.ts';
import { ledgerOption } from './options.ts';

const load = () => import('../actions/ledger.ts');

export function addLedgerCommands(program: Command): void {
  const key = 'a cell’s key or the first digits of it';
  program
    .command('status')
    .description(
      'count cells that are done, running, failed or unfinished, and show the progress of each open cell',
    )
    .option('--json', 'print JSON')
    .addOption(ledgerOption())
    .action(action(load, 'status'));
  program
    .command('show')
    .description('show a cell’s specification, provenance and measurements')
    .argument('<key>', key)
    .addOption(ledgerOption())
    .action(action(load, 'show'));
  program
    .command('logs')
    .description('show a cell’s journal: its attempts, with loss, learning rate and speed over the steps')
    .argument('<key>', key)
    .addOption(ledgerOption())
    .action(action(load, 'logs'));
  program
    .command('why')
    .description(
      'compare two cells: list the differing entries of their specifications, and compare their graphs',
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
      'remove files that no run uses, such as cells of earlier numerics and leases of dead runs (--dry-run lists them)',
    )
    .option('--dry-run', 'list the files without removing them')
    .addOption(ledgerOption())
    .action(action(load, 'collect'));
}
