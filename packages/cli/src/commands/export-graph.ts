/** `clce export-graph SUITE`. */
import type { Command } from 'commander';
import { action } from './action.ts';
import { addSuiteOptions } from './flags/suite-options.ts';

export function addExportGraphCommand(program: Command): void {
  addSuiteOptions(
    program
      .command('export-graph')
      .description(
        'write the training step of a suite’s first cell as an ONNX file, and the inputs of the first step',
      ),
  )
    .requiredOption('--out <file>', 'the ONNX file; the inputs go into FILE.feeds.safetensors')
    .action(action(() => import('../actions/export-graph.ts'), 'exportGraph'));
}
