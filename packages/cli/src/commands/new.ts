/** `clce new …`: the files that something of one's own needs. */
import type { Command } from 'commander';
import { inRepository } from '../places.ts';
import { action } from './action.ts';

const load = () => import('../actions/new.ts');

export function addNewCommand(program: Command): void {
  const command = program.command('new').description('start something of your own');
  const add = (kind: 'dataset' | 'backbone', description: string, checklist: string) =>
    command
      .command(kind)
      .description(`${description} (${checklist} is the checklist)`)
      .argument('<name>', 'lower case, digits and hyphens')
      .option('--repository <folder>', 'root of the checkout', inRepository('.'))
      .action(async (name: string, { repository }: { readonly repository: string }) => {
        await action(load, kind)(name, repository);
        console.log(`next: ${checklist}`);
      });
  add('dataset', 'write an adapter, its test and its card', 'docs/adding-a-dataset.md');
  add('backbone', 'write an architecture that trains and its test', 'docs/adding-a-backbone.md');
}
