/** `npx --yes pnpm@12.21.0 bench:coverage`: coverage and level of the comparison over classes, over simulated studies. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Coverage, coverageOf } from './coverage.ts';
import type { Scenario } from './study.ts';

/** At most these shares may be missed: an interval must hold the truth in 93 %, a decision be wrong in 6 %. */
const LEAST_COVERAGE = 0.93;
const MOST_DECIDED = 0.06;

const points = (value: string) => {
  const numbers = value.split(',').map((entry) => (entry.trim() === '' ? Number.NaN : Number(entry)));
  if (numbers.every((number) => number >= 0 && number < Number.POSITIVE_INFINITY)) return numbers;
  throw new InvalidArgumentError('It must be points from 0 on, such as 0.25,0.5,1.');
};
const oneNumber = (value: string) => {
  const number = Number(value);
  if (Number.isFinite(number) && value.trim() !== '') return number;
  throw new InvalidArgumentError('It must be a number of points.');
};
const from = (least: number) => (value: string) => {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
};
const sizes = (value: string) => {
  const classes = value.split(',').map(from(1));
  if (classes.length >= 2) return classes;
  throw new InvalidArgumentError('An interval over folds needs two folds, such as 10,10.');
};

interface Options {
  readonly studies: number;
  readonly seed: number;
  readonly resamples: number;
  readonly folds: number[];
  readonly seeds: number;
  readonly difference: number;
  readonly foldSpread: number[];
  readonly seedSpread: number[];
  readonly classSpread: number[];
  readonly restSpread: number[];
}

const { studies, seed, resamples, ...options } = new Command('bench:coverage')
  .description(
    'Simulate studies of two methods with known effects of fold, training run and class. Print how often the 95 % intervals hold the true difference and how often equal methods are called better or worse.',
  )
  .addOption(new Option('--studies <n>', 'studies of each line').default(2000).argParser(from(1)))
  .addOption(new Option('--seed <n>', 'seed of the random numbers').default(1).argParser(from(0)))
  .addOption(
    new Option('--resamples <n>', 'of the percentile bootstrap that is shown beside; 0 leaves it out')
      .default(500)
      .argParser(from(0)),
  )
  .addOption(
    new Option('--folds <classes>', 'novel classes of each fold')
      .default([8, 9, 10, 10, 10, 10, 11, 12])
      .argParser(sizes),
  )
  .addOption(new Option('--seeds <n>', 'training runs of a fold').default(2).argParser(from(1)))
  .addOption(
    new Option('--difference <points>', 'true difference; decisions are errors where it is 0')
      .default(0)
      .argParser(oneNumber),
  )
  .addOption(
    new Option('--fold-spread <points>', 'spreads between folds').default([0.25, 0.5, 1]).argParser(points),
  )
  .addOption(
    new Option('--seed-spread <points>', 'spreads between training runs of a fold')
      .default([0.4, 0.8])
      .argParser(points),
  )
  .addOption(
    new Option('--class-spread <points>', 'spreads between classes').default([2, 4]).argParser(points),
  )
  .addOption(
    new Option('--rest-spread <points>', 'spreads of a class in a training run beside these')
      .default([2])
      .argParser(points),
  )
  .parse()
  .opts<Options>();

const share = (count: number) => `${((100 * count) / studies).toFixed(1)} %`;
const COLUMNS: readonly (readonly [string, (scenario: Scenario, coverage: Coverage) => string])[] = [
  ['fold', ({ spreads }) => `${spreads.fold}`],
  ['seed', ({ spreads }) => `${spreads.seed}`],
  ['class', ({ spreads }) => `${spreads.class}`],
  ['rest', ({ spreads }) => `${spreads.rest}`],
  ['interval', (_, { covered }) => share(covered)],
  ['ratio', (_, { ratioCovered }) => share(ratioCovered)],
  ['bootstrap', (_, { bootstrapCovered }) => (bootstrapCovered === null ? '–' : share(bootstrapCovered))],
  ['p ≤ 0.05', (_, { rejected }) => share(rejected)],
  ['decided', (_, { decided }) => share(decided)],
];

console.log(
  `${studies} studies a line; folds of ${options.folds.join(', ')} classes, ${options.seeds} seeds, true difference ${options.difference}; spreads in points`,
);
console.log(COLUMNS.map(([head]) => head.padStart(9)).join('  '));
for (const fold of options.foldSpread)
  for (const ofSeed of options.seedSpread)
    for (const ofClass of options.classSpread)
      for (const rest of options.restSpread) {
        const spreads = { fold, seed: ofSeed, class: ofClass, rest };
        const scenario = {
          folds: options.folds,
          seeds: options.seeds,
          spreads,
          difference: options.difference,
        };
        const coverage = coverageOf(scenario, studies, seed, resamples);
        console.log(COLUMNS.map(([, text]) => text(scenario, coverage).padStart(9)).join('  '));
        const held = Math.min(coverage.covered, coverage.ratioCovered) / studies;
        const found = Math.max(coverage.rejected, coverage.decided) / studies;
        const wrong = options.difference === 0 ? found : 0;
        if (held < LEAST_COVERAGE || wrong > MOST_DECIDED) process.exitCode = 1;
      }
const level = options.difference === 0 ? ` and a level of at most ${100 * MOST_DECIDED} %` : '';
console.log(
  `${process.exitCode === 1 ? 'not every' : 'every'} line has a coverage of at least ${100 * LEAST_COVERAGE} %${level}`,
);
