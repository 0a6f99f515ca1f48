/** `clce new …`: the files that something of one's own needs. */
import { newBackbone } from '@clce/backbones';
import { newDataset } from '@clce/datasets';
import type { Command } from 'commander';
import { inRepository } from '../places.ts';

export function addNewCommand(program: Command): void {
  const command = program.command('new').description('start something of your own');
  const add = (
    kind: string,
    description: string,
    checklist: string,
    create: (name: string, repository: string) => Promise<string[]>,
  ) =>
    command
      .command(kind)
      .description(`${description} (${checklist} is the checklist)`)
      .argument('<name>', 'lower case, digits and hyphens')
      .option('--repository <folder>', 'root of the checkout', inRepository('.'))
      .action(async (name: string, { repository }: { readonly repository: string }) => {
        for (const path of await create(name, repository)) console.log(path);
        console.log(`next: ${checklist}`);
      });
  add('dataset', 'write an adapter, its test and its card', 'docs/adding-a-dataset.md', newDataset);
  add('backbone', 'write an architecture that trains and its test', 'docs/adding-a-backbone.md', newBackbone);
}
