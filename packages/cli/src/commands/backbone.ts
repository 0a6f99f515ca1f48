/** `clce backbone …`: architectures, files of weights, frozen features. */
import { normalisations } from '@clce/experiments/normalisation-names';
import { type Command, Option } from 'commander';
import { action } from './action.ts';
import { dataOption, positiveNumber } from './options.ts';

const load = () => import('../actions/backbone.ts');

export function addBackboneCommand(program: Command): void {
  const backbone = program
    .command('backbone')
    .description('architectures, files of weights, frozen features');
  const size = () =>
    new Option('--size <pixels>', 'height and width of the images').default(224).argParser(positiveNumber);
  const weights = () =>
    new Option('--weights <file>', 'safetensors, .pth or .tflite; else those that the backbone brings');
  backbone
    .command('list')
    .description('every architecture, and which bring weights')
    .action(action(load, 'list'));
  backbone
    .command('info')
    .description('parameters, features, layers, and whose weights it brings')
    .argument('<name>', 'a backbone that `./clce backbone list` names')
    .addOption(size())
    .action(action(load, 'info'));
  backbone
    .command('inspect')
    .description('tensors of a file of weights and, with --backbone, what fits there and what does not')
    .argument('[file]', 'safetensors, .pth or .tflite; else the weights that --backbone brings')
    .option('--backbone <name>', 'the architecture that the file is to be for')
    .addOption(size())
    .action(action(load, 'inspect'));
  backbone
    .command('export-onnx')
    .description('an ONNX model for inference: features and, where the file has a classifier, logits')
    .argument('<name>')
    .requiredOption('--out <file>', 'where the model goes')
    .addOption(weights())
    .addOption(size())
    .addOption(
      new Option('--batch <n>', 'images at once; fixed in the file').default(1).argParser(positiveNumber),
    )
    .action(action(load, 'exportModel'));
  backbone
    .command('probe')
    .description('few-shot accuracy of frozen features beside raw pixels and random weights')
    .argument('<name>')
    .addOption(weights())
    .addOption(size())
    .option('--dataset <name>', 'whose novel classes', 'icons')
    .addOption(new Option('--episodes <n>', 'of each shot').default(600).argParser(positiveNumber))
    .addOption(
      new Option('--normalisation <name>', 'what the weights expect of pixels').choices(normalisations),
    )
    .addOption(dataOption())
    .action(action(load, 'printProbe'));
}
