/** `clce data …`: fetch, verify, show and locate data sets. */
import { type Command, Option } from 'commander';
import { action } from './action.ts';
import { dataOption, datasetFileOption, positiveNumber, wholeNumber, wholeNumbers } from './flags/options.ts';

const load = () => import('../actions/data.ts');
const loadLook = () => import('../actions/look.ts');
const loadOwnFiles = () => import('../run/own-files.ts');

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a list of definitions; flags and help texts of a subcommand stay together.
export function addDataCommand(program: Command): void {
  const size = (usual = 84) =>
    new Option('--size <pixels>', 'height and width of the images').default(usual).argParser(positiveNumber);
  const data = program.command('data').description('fetch, verify, pack, show, split and locate data sets');
  data.hook('preAction', async (_, command) => {
    const { datasetFile } = command.opts<{ readonly datasetFile?: readonly string[] }>();
    if (datasetFile !== undefined) await action(loadOwnFiles, 'addDatasetFiles')(datasetFile);
  });
  const add = (name: string, description: string): Command =>
    data.command(name).description(description).addOption(dataOption()).addOption(datasetFileOption());
  add('list', 'list all data sets with state, size and folder').action(action(load, 'list'));
  add('fetch', 'download, verify and unpack the official files; an interrupted fetch continues')
    .argument('<name>', 'a data set that `./clce data list` names')
    .option(
      '--distribution <name>',
      'a distribution of the data set (default: the first that `./clce data info` lists)',
    )
    .action(action(load, 'fetch'));
  add('verify', 'compare checksums and counts with the published values')
    .argument('<name>')
    .action(action(load, 'verify'));
  add('info', 'show the description, source, split and files of a data set')
    .argument('<name>')
    .action(action(load, 'info'));
  add(
    'pack',
    'decode and resize the images into the packed file that suites read; `./clce bench` does so by itself',
  )
    .argument('<name>')
    .addOption(size())
    .action(action(load, 'pack'));
  add('show', 'draw the classes of a data set, its augmented training images, or an episode')
    .argument('<name>')
    .addOption(size())
    .addOption(
      new Option('--of <what>', 'content of the picture')
        .choices(['classes', 'views', 'episode'])
        .default('classes'),
    )
    .addOption(
      new Option('--side <classes>', 'which classes to draw').choices(['base', 'validation', 'novel']),
    )
    .addOption(new Option('--rows <n>', 'number of classes or samples').default(10).argParser(positiveNumber))
    .addOption(
      new Option('--columns <n>', 'samples or views in each row').default(12).argParser(positiveNumber),
    )
    .addOption(new Option('--way <n>', 'classes in the episode').default(5).argParser(positiveNumber))
    .addOption(new Option('--shot <n>', 'support samples per class').default(5).argParser(positiveNumber))
    .addOption(new Option('--query <n>', 'queries per class').default(15).argParser(positiveNumber))
    .addOption(new Option('--episode <n>', 'number of the episode, from 0').default(0).argParser(wholeNumber))
    .addOption(
      new Option('--seed <n>', 'seed of the views or the episode').default(2024).argParser(wholeNumber),
    )
    .option('--resized-crop <least,most>', 'views: crop such a share of the area, in place of shifts')
    .option('--rand-augment <operations,magnitude>', 'views: RandAugment')
    .option('--erasing <chance>', 'views: random erasing')
    .option('--out <file>', 'the PNG file (default: NAME-WHAT.png)')
    .action(action(load, 'show'));
  add('write', 'write pictures of a data set as PNG files, a folder a class; nothing of a reserve')
    .argument('<name>')
    .argument('<folder>', 'a new or empty folder')
    .addOption(size())
    .option('--classes <n>', 'the first classes alone', positiveNumber)
    .option('--samples <n>', 'so many pictures of each class', positiveNumber)
    .action(action(load, 'write'));
  add('episodes', 'write few-shot episodes to a file; `--set protocol.episodeFile=FILE` evaluates on them')
    .argument('<name>')
    .requiredOption('--out <file>', 'the JSON file')
    .addOption(size())
    .addOption(
      new Option('--side <classes>', 'which classes to use')
        .choices(['validation', 'novel'])
        .default('novel'),
    )
    .addOption(new Option('--way <n>', 'classes in each episode').default(5).argParser(positiveNumber))
    .addOption(
      new Option('--shots <numbers>', 'support samples per class; a set of episodes for each number')
        .default([1, 5], '1,5')
        .argParser(wholeNumbers),
    )
    .addOption(new Option('--query <n>', 'queries per class').default(15).argParser(positiveNumber))
    .addOption(new Option('--count <n>', 'episodes for each shot').default(600).argParser(positiveNumber))
    .addOption(
      new Option('--seed <n>', 'seed of the episodes; the suites use 2024')
        .default(2024)
        .argParser(wholeNumber),
    )
    .action(action(load, 'episodes'));
  add(
    'split',
    'print the sides of a split with a reserve: what is chosen on, and what confirms (docs/reserve.md)',
  )
    .argument('<name>')
    // Names alone decide. The demonstrations read 32 pixels, so that this size is often there.
    .addOption(size(32))
    .addOption(
      new Option('--folds <n>', 'number of folds of the reserve').default(8).argParser(positiveNumber),
    )
    .action(action(load, 'split'));
  addLook(data);
  add('path', 'print the folder of the extracted files of a data set')
    .argument('<name>')
    .action(action(load, 'path'));
}

function addLook(data: Command): void {
  data
    .command('look')
    .description(
      'look at a folder of your own pictures before anything is trained: classes, files that are not used, copies, and which questions it can answer',
    )
    .argument(
      '<folder>',
      'a folder with a folder of pictures for each class: FOLDER/CLASS/picture.jpg, or deeper',
    )
    .option(
      '--group-pattern <pattern>',
      'pictures that belong together, such as frames of a video or photographs of one patient: a regular expression on the name of the file (with a "/" in it, on the path), whose part in parentheses names the group',
    )
    .option(
      '--groups <file>',
      'the same as a CSV file with the columns path and group, paths below the folder',
    )
    .option('--skip-broken', 'go on without broken pictures, which are listed; by default they are an error')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      `
Examples:
  clce data look photos
  clce data look photos --group-pattern '^(patient\\d+)_'
  clce data look photos --groups groups.csv --skip-broken --json

The command reads every file and changes none. It ends with 1 where the folder can answer no question. docs/own-pictures.md has more.`,
    )
    .action(action(loadLook, 'look'));
}
