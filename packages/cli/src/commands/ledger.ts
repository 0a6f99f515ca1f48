/** `clce status`, `show`, `logs`, `why`, `rm`, `gc`, `ledger pack` and `ledger add`. */
import { type Command, Option } from 'commander';
import { action } from './action.ts';
import { ledgerOption, repeated } from './flags/options.ts';

const load = () => import('../actions/ledger.ts');
const loadPack = () => import('../actions/pack.ts');

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
  addPackCommands(program.command('ledger').description('pack finished cells into a file, and add packs'));
}

function addPackCommands(ledger: Command): void {
  ledger
    .command('pack')
    .description('write finished cells into one file, for another machine or for git')
    .argument(
      '<file>',
      'such as cells.pack; in a folder, the cells that its packs lack get a file of their own',
    )
    .argument('[keys...]', 'keys of cells or their first digits (default: every finished cell)')
    .addOption(
      new Option(
        '--table <file>',
        'the cells behind this table, such as results/fewshot.csv; repeatable',
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        '--since <pack>',
        'only cells that this pack lacks, or the packs of this folder; repeatable',
      ).argParser(repeated),
    )
    .addOption(ledgerOption())
    .addHelpText(
      'after',
      `
Examples:
  ./clce ledger pack cells.pack                          every finished cell of runs/
  ./clce ledger pack fewshot.pack --table tables/fewshot.csv
  ./clce ledger pack more.pack --since cells.pack        what has been finished since
  ./clce ledger pack packs/                              the same, for all packs of a folder`,
    )
    .action(action(loadPack, 'pack'));
  ledger
    .command('add')
    .description('add the cells of packs to the ledger; nothing is added where one cell is refused')
    .argument('<packs...>', 'files that "ledger pack" wrote, or folders of them')
    .addOption(ledgerOption())
    .addHelpText(
      'after',
      `
Examples:
  ./clce ledger add cells.pack more.pack
  ./clce ledger add packs/ --ledger runs
  ./clce bench fewshot                                   then computes none of the added cells`,
    )
    .action(action(loadPack, 'add'));
}
