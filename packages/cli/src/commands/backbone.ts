/** `clce backbone …`: architectures, weight files, frozen features. */
import { normalisations } from '@clce/experiments/normalisation-names';
import { type Command, Option } from 'commander';
import { action } from './action.ts';
import { dataOption, datasetFileOption, positiveNumber } from './flags/options.ts';

const load = () => import('../actions/backbone.ts');

export function addBackboneCommand(program: Command): void {
  const backbone = program.command('backbone').description('architectures, weight files, frozen features');
  const size = () =>
    new Option('--size <pixels>', 'height and width of the images').default(224).argParser(positiveNumber);
  const weights = () =>
    new Option(
      '--weights <file>',
      'safetensors, .pth or .tflite (default: the weights bundled with the backbone)',
    );
  backbone
    .command('list')
    .description('list all architectures and their bundled weights')
    .action(action(load, 'list'));
  backbone
    .command('info')
    .description('parameters, features, layers and the source of the bundled weights')
    .argument('<name>', 'a backbone that `./clce backbone list` names')
    .addOption(size())
    .action(action(load, 'info'));
  backbone
    .command('inspect')
    .description('list the tensors of a weight file; with --backbone, say which tensors fit the architecture')
    .argument('[file]', 'safetensors, .pth or .tflite (default: the weights bundled with --backbone)')
    .option('--backbone <name>', 'the architecture to compare the file with')
    .addOption(size())
    .action(action(load, 'inspect'));
  backbone
    .command('export-onnx')
    .description('write an ONNX model that computes features and, if the weights have a classifier, logits')
    .argument('<name>')
    .requiredOption('--out <file>', 'path of the ONNX file')
    .addOption(weights())
    .addOption(size())
    .addOption(
      new Option('--batch <n>', 'batch size; fixed in the file').default(1).argParser(positiveNumber),
    )
    .action(action(load, 'exportModel'));
  backbone
    .command('probe')
    .description('few-shot accuracy of frozen features, compared with raw pixels and random weights')
    .argument('<name>')
    .addOption(weights())
    .addOption(size())
    .option('--dataset <name>', 'the data set whose novel classes are used', 'icons')
    .addOption(
      new Option('--episodes <n>', 'number of episodes for each shot').default(600).argParser(positiveNumber),
    )
    .addOption(
      new Option('--normalisation <name>', 'the pixel normalisation that the weights expect').choices(
        normalisations,
      ),
    )
    .addOption(dataOption())
    .addOption(datasetFileOption())
    .action(action(load, 'printProbe'));
}
