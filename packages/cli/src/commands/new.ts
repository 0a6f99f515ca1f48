/** `clce new …`: the files that something of one's own needs. */
import { type Command, Option } from 'commander';
import { inRepository } from '../places.ts';
import { action } from './action.ts';

const load = () => import('../actions/new.ts');

export function addNewCommand(program: Command): void {
  const command = program.command('new').description('start something of your own');
  const add = (kind: 'loss' | 'dataset' | 'backbone', description: string, folder: string) =>
    command
      .command(kind)
      .description(description)
      .argument('<name>', 'lower case, digits and hyphens')
      .addOption(new Option('--folder <folder>', 'where the files go').default(folder))
      .action(action(load, kind));
  add('loss', 'write a loss that trains, with its float64 loop', '.');
  add('dataset', 'write an adapter for a folder of pictures', '.');
  const architectures = inRepository('packages/backbones/src/architectures');
  add('backbone', 'write an architecture that trains, and its test', architectures);
}
