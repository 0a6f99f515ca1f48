/** `clce new dataset NAME`: the files that a new data set needs. */
import { newDataset } from '@clce/datasets';
import type { Command } from 'commander';

export function addNewCommand(program: Command): void {
  program
    .command('new')
    .description('start something of your own')
    .command('dataset')
    .description('write an adapter, its test and its card (docs/adding-a-dataset.md is the checklist)')
    .argument('<name>', 'lower case, digits and hyphens')
    .option('--repository <folder>', 'root of the checkout', '.')
    .action(async (name: string, { repository }: { readonly repository: string }) => {
      for (const path of await newDataset(name, repository)) console.log(path);
      console.log('next: docs/adding-a-dataset.md');
    });
}
