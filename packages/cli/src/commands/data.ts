/** `clce data …`: fetch, check and find the data sets. */
import { type Command, Option } from 'commander';
import { action } from './action.ts';
import { dataOption, datasetFileOption, positiveNumber, wholeNumber, wholeNumbers } from './options.ts';

const load = () => import('../actions/data.ts');
const loadOwnFiles = () => import('../run/own-files.ts');

export function addDataCommand(program: Command): void {
  const size = () =>
    new Option('--size <pixels>', 'height and width of the images').default(84).argParser(positiveNumber);
  const data = program.command('data').description('fetch, check and find the data sets');
  data.hook('preAction', async (_, command) => {
    const { datasetFile } = command.opts<{ readonly datasetFile?: readonly string[] }>();
    if (datasetFile !== undefined) await action(loadOwnFiles, 'addDatasetFiles')(datasetFile);
  });
  const add = (name: string, description: string): Command =>
    data.command(name).description(description).addOption(dataOption()).addOption(datasetFileOption());
  add('list', 'all data sets with state, size and place').action(action(load, 'list'));
  add('fetch', 'fetch, check and unpack the official files; goes on where it stopped')
    .argument('<name>', 'a data set that `./clce data list` names')
    .option('--distribution <name>', 'another form of the set than its first (see `./clce data info`)')
    .action(action(load, 'fetch'));
  add('verify', 'compare checksums and counts with the published ones')
    .argument('<name>')
    .action(action(load, 'verify'));
  add('info', 'what it is, whose it is, its split, its files')
    .argument('<name>')
    .action(action(load, 'info'));
  add(
    'pack',
    'decode and resize once into the packed file that suites read; `./clce bench` does so by itself',
  )
    .argument('<name>')
    .addOption(size())
    .action(action(load, 'pack'));
  add('show', 'a picture of its classes, of what a model in training sees, or of an episode')
    .argument('<name>')
    .addOption(size())
    .addOption(
      new Option('--of <what>', 'which picture').choices(['classes', 'views', 'episode']).default('classes'),
    )
    .addOption(new Option('--side <classes>', 'of which classes').choices(['base', 'validation', 'novel']))
    .addOption(new Option('--rows <n>', 'classes or samples').default(10).argParser(positiveNumber))
    .addOption(new Option('--columns <n>', 'samples or views of each').default(12).argParser(positiveNumber))
    .addOption(new Option('--way <n>', 'classes of the episode').default(5).argParser(positiveNumber))
    .addOption(new Option('--shot <n>', 'support samples a class').default(5).argParser(positiveNumber))
    .addOption(new Option('--query <n>', 'queries a class').default(15).argParser(positiveNumber))
    .addOption(new Option('--episode <n>', 'which episode').default(0).argParser(wholeNumber))
    .addOption(new Option('--seed <n>', 'of the views or the episodes').default(2024).argParser(wholeNumber))
    .option('--resized-crop <least,most>', 'views: windows of such shares of the area, in place of shifts')
    .option('--rand-augment <operations,magnitude>', 'views: RandAugment')
    .option('--erasing <chance>', 'views: random erasing')
    .option('--out <file>', 'the PNG file (default: NAME-WHAT.png)')
    .action(action(load, 'show'));
  add('episodes', 'write few-shot episodes to a file, which `--set protocol.episodeFile=FILE` evaluates on')
    .argument('<name>')
    .requiredOption('--out <file>', 'the JSON file')
    .addOption(size())
    .addOption(
      new Option('--side <classes>', 'of which classes').choices(['validation', 'novel']).default('novel'),
    )
    .addOption(new Option('--way <n>', 'classes an episode').default(5).argParser(positiveNumber))
    .addOption(
      new Option('--shots <numbers>', 'support samples a class; a set each')
        .default([1, 5])
        .argParser(wholeNumbers),
    )
    .addOption(new Option('--query <n>', 'queries a class').default(15).argParser(positiveNumber))
    .addOption(new Option('--count <n>', 'episodes of each shot').default(600).argParser(positiveNumber))
    .addOption(
      new Option('--seed <n>', 'of the episodes; the suites have 2024').default(2024).argParser(wholeNumber),
    )
    .action(action(load, 'episodes'));
  add('path', 'print the folder of the extracted files').argument('<name>').action(action(load, 'path'));
}
