/** `clce compare`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { secondsIn } from '../compare/plan/duration.ts';
import { action } from './action.ts';
import {
  dataOption,
  ledgerOption,
  list,
  lossFileOption,
  positiveNumber,
  wholeNumber,
} from './flags/options.ts';

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description(
      'which loss is best for your pictures: looks at them, plans for a budget of time, tunes, compares and answers',
    )
    .argument('<folder>', 'a folder with a folder of pictures for each class')
    .option('--losses <names>', 'comma-separated; the first is the reference', list, ['ce', 'clce'])
    .addOption(lossFileOption())
    .addOption(
      new Option('--budget <time>', 'how long it may take: 15m, 4h, 1h30m')
        .argParser(duration)
        .makeOptionMandatory(),
    )
    .option(
      '--backbone <name or name=file>',
      'what is trained, and its file of pretrained weights',
      'mobilenetv2-openimages',
    )
    .option('--image-size <pixels>', 'side of the pictures (default: 64, and 32 for conv4)', positiveNumber)
    .addOption(
      new Option('--normalisation <name>', 'what the weights of --backbone expect of the pixels').choices([
        'imagenet',
        'inception',
      ]),
    )
    .option(
      '--measure <names>',
      'head: new pictures of the same classes; few-shot: new classes; or both',
      measures,
      ['head'],
    )
    .option(
      '--group-pattern <pattern>',
      'what belongs together, as a regular expression on file names: "^(patient\\d+)_"',
    )
    .addOption(
      new Option(
        '--groups <file>',
        'what belongs together, as a CSV file with the columns path and group',
      ).conflicts('groupPattern'),
    )
    .option('--no-flip', 'a mirrored picture shows another class, as with letters: train on none')
    .option('--skip-broken', 'leave broken pictures out')
    .option(
      '--margin <points>',
      'a difference that would not matter to you, in points of accuracy',
      points,
      1,
    )
    .option('--seed <number>', 'of trials, trainings and splits', wholeNumber, 0)
    .option('--out <folder>', 'for plan, table and answer (default: compare-FOLDER)')
    .option('--engine <name>', 'as in "./clce bench"', 'onnx')
    .option('--workers <n>', 'trainings that run at once, each on its share of the cores', positiveNumber, 2)
    .option(
      '--save-weights',
      'after the answer, train the first fold of the recommended loss once more: OUT/best.safetensors and its card, best.md',
    )
    .option('--dry-run', 'look, measure and plan, then stop')
    .addOption(ledgerOption())
    .addOption(dataOption())
    .addHelpText(
      'after',
      `
Every loss has the same number of trials, steps and pictures. Two fifths of the pictures are kept apart while settings are chosen. Each
of them is then tested once, by networks that were trained on others. Near-duplicates, and pictures of one group, stay on one side.

The plan is a suite, OUT/compare.yaml. The same command goes on with it after a stop, and "./clce bench" runs the same cells.

With --save-weights "./clce predict" then names the classes of pictures without labels. The flag changes no plan, and may follow later.

Examples:
  ./clce data look photos/
  ./clce compare photos/ --budget 4h --dry-run
  ./clce compare photos/ --losses ce,ce+supcon,mine --loss-file mine.ts --budget 4h
  ./clce compare scans/ --group-pattern '^(patient\\d+)_' --budget 8h`,
    )
    .action(action(() => import('../actions/compare.ts'), 'compare'));
}

function duration(text: string): number {
  const seconds = secondsIn(text);
  if (seconds === undefined) throw new InvalidArgumentError(`"${text}" is no duration such as 15m or 4h.`);
  return seconds;
}

const MEASURES = ['head', 'few-shot'];

function measures(text: string): string[] {
  const names = list(text);
  const unknown = names.find((name) => !MEASURES.includes(name));
  if (unknown !== undefined || new Set(names).size < names.length) {
    throw new InvalidArgumentError(`Expected ${MEASURES.join(', ')} or both, got "${text}".`);
  }
  return MEASURES.filter((name) => names.includes(name));
}

function points(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 100))
    throw new InvalidArgumentError(`"${text}" is no number of points above 0.`);
  return number;
}
