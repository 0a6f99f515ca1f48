/** Flags that choose the cells of a suite and change its preset. */
import { type Command, Option } from 'commander';
import { dataOption, datasetFileOption, list, lossFileOption, repeated, wholeNumbers } from './options.ts';

/** The suites of benchmarks/suites. */
export const SUITES = ['fewshot', 'transfer', 'batch-size', 'horizon', 'mechanism', 'ablation'];

export function addSuiteOptions(command: Command): Command {
  return command
    .argument(
      '<suite>',
      `${SUITES.join(', ')}, or a file: a preset in YAML, or a module that exports a suite`,
    )
    .option('--preset <name>', 'a preset of the suite; docs/commands.md lists them (default: quick)')
    .option('--config <file>', 'a YAML file with preset entries; flags override it')
    .option('--datasets <names>', 'comma-separated, instead of the preset’s', list)
    .option('--backbones <names>', 'comma-separated, instead of the preset’s', list)
    .option('--losses <names>', 'comma-separated, instead of the preset’s; the first is the reference', list)
    .option('--seeds <numbers>', 'comma-separated, instead of the preset’s', wholeNumbers)
    .option('--batch-sizes <numbers>', 'comma-separated, instead of the preset’s', wholeNumbers)
    .addOption(lossFileOption())
    .addOption(datasetFileOption())
    .addOption(
      new Option(
        '--weights <backbone=file>',
        'pretrained weights (safetensors, .pth, .tflite) to start from; repeatable',
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        '--frozen <name=model.onnx>',
        'an ONNX model, evaluated without training; --config sets ambiguous inputs; repeatable',
      ).argParser(repeated),
    )
    .option(
      '--engine <name>',
      'auto, onnx, onnx-cuda, … (`./clce doctor` lists them), or cpu (slow: the oracle)',
    )
    .addOption(
      new Option(
        '--set <path=value>',
        'any other entry: recipe.budget.steps=100, loss.lambda=0.5; repeatable',
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        '--sweep <entry=values>',
        'a row for each value: loss.lambda=0.1,0.5,0.9 or recipe.learningRate=0.001,0.003; repeatable, for a grid',
      ).argParser(repeated),
    )
    .addOption(dataOption());
}
