/** `clce export-graph SUITE`. */
import type { Command } from 'commander';
import { action } from './action.ts';
import { addSuiteOptions } from './suite-options.ts';

export function addExportGraphCommand(program: Command): void {
  addSuiteOptions(
    program
      .command('export-graph')
      .description(
        'write the training step of a suite’s first cell as an ONNX file, and what it is fed first',
      ),
  )
    .requiredOption('--out <file>', 'the ONNX file; beside it FILE.feeds.safetensors')
    .action(action(() => import('../actions/export-graph.ts'), 'exportGraph'));
}
