/** `clce predict`. */
import { type Command, Option } from 'commander';
import { action } from '../commands/action.ts';

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .description('what saved weights say of pictures without labels: a CSV with a row for each picture')
    .argument('<folder>', 'pictures, at any depth')
    .requiredOption('--weights <file>', 'of "./clce compare --save-weights" or "./clce bench --save-weights"')
    .option('--out <file>', 'the CSV', 'predictions.csv')
    .option('--engine <name>', 'as in "./clce bench"', 'onnx')
    .option('--skip-broken', 'end without an error where pictures are broken')
    .addOption(
      new Option(
        '--against <file>',
        'a CSV with the columns path and class from another program on the same pictures: how many answers differ',
      ),
    )
    .addHelpText(
      'after',
      `
The CSV has the columns path, class (the most probable one) and probability, then a column for each class in the order of the weights.

The file of weights says how a picture becomes pixels: turned as EXIF says, shorter side to size, square crop of the centre. Files are
read as by "./clce data look": their bytes decide, and every file that is no picture is counted. Broken pictures are named and have no row.

Every picture gets one of the trained classes, also one that shows none of them.

Examples:
  ./clce compare photos/ --budget 4h --save-weights
  ./clce predict new-photos/ --weights compare-photos/best.safetensors --out predictions.csv
  python3 compare-photos/best.py new-photos/ > theirs.csv
  ./clce predict new-photos/ --weights compare-photos/best.safetensors --against theirs.csv`,
    )
    .action(action(() => import('./predict.ts'), 'predict'));
}
