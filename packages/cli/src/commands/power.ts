/** `clce power`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { action } from './action.ts';
import { list, positiveNumber } from './flags/options.ts';

export function addPowerCommand(program: Command): void {
  program
    .command('power')
    .description(
      'say what a study of n folds × m seeds × c novel classes a fold can show: the difference that its test finds, and the margin within which it finds equal methods equivalent',
    )
    .addOption(sizes('--folds <list>', 'numbers of folds, such as 4,8,12', 2))
    .addOption(sizes('--seeds <list>', 'numbers of seeds, which are training runs of a fold', 1))
    .addOption(sizes('--classes <list>', 'numbers of novel classes of a fold', 1))
    .addOption(spread('--fold-spread <points>', 'between folds'))
    .addOption(spread('--seed-spread <points>', 'between training runs of a fold, shared by its classes'))
    .addOption(spread('--class-spread <points>', 'between classes of a fold, shared by its training runs'))
    .addOption(spread('--rest-spread <points>', 'of one class in one training run, beside the others'))
    .addOption(
      new Option(
        '--comparisons <n>',
        'number of comparisons in the plan; each has two tests, which share the level',
      )
        .argParser(positiveNumber)
        .makeOptionMandatory(),
    )
    .addOption(share('--alpha <share>', 'level of the whole family').default(0.05))
    .addOption(share('--power <share>', 'probability of finding what is there').default(0.8))
    .addHelpText(
      'after',
      `
A spread is the standard deviation of the paired difference of two methods, in points of accuracy. You give all four: nothing is
assumed. Each test has the level alpha / (2 × comparisons), on the safe side of Holm's correction.

Example:
  ./clce power --folds 4,8,12 --seeds 1,2 --classes 10 --fold-spread 0.5 --seed-spread 0.4 --class-spread 3 \\
    --rest-spread 2 --comparisons 8`,
    )
    .action(action(() => import('../actions/power.ts'), 'power'));
}

function sizes(flags: string, description: string, least: number): Option {
  const parse = (value: string) =>
    list(value).map((entry) => {
      const number = positiveNumber(entry);
      if (number < least)
        throw new InvalidArgumentError(`An interval over folds needs at least ${least} folds.`);
      return number;
    });
  return new Option(flags, description).argParser(parse).makeOptionMandatory();
}

function spread(flags: string, description: string): Option {
  const parse = (value: string) => {
    const number = Number(value);
    if (!(number >= 0 && number < Number.POSITIVE_INFINITY) || value.trim() === '') {
      throw new InvalidArgumentError(`"${value}" is not a number of points from 0 on.`);
    }
    return number;
  };
  return new Option(flags, `spread ${description}`).argParser(parse).makeOptionMandatory();
}

function share(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value) => {
    const number = Number(value);
    if (!(number > 0 && number < 1)) {
      throw new InvalidArgumentError(`"${value}" is not a share between 0 and 1.`);
    }
    return number;
  });
}
