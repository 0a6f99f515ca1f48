/** `clce loss …`: whether a loss of one's own is one. */
import type { Command } from 'commander';
import { action } from './action.ts';

const load = () => import('../actions/loss.ts');

export function addLossCommand(program: Command): void {
  program
    .command('loss')
    .description('losses of your own')
    .command('check')
    .description('compare a loss with its float64 loop, in value and gradient, on small batches')
    .argument('<file>', 'TypeScript that exports a loss')
    .action(action(load, 'check'));
}
