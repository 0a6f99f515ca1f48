/** `npx --yes pnpm@12.21.0 bench:speed`: compares this project with its peers, interleaved in one run. */
import { engineNames } from '@clce/engine';
import { Command, InvalidArgumentError, Option } from 'commander';
import { listenForReaders } from '../../packages/cli/src/run/stopping.ts';
import { benchEpisodes } from './episodes.ts';
import { benchFeatures } from './features.ts';
import { benchImages } from './images.ts';
import { benchLargeBatch } from './large-batch.ts';
import { benchLedger } from './ledger.ts';
import { benchLosses } from './losses.ts';
import { benchPool } from './pool.ts';
import { benchSteps } from './steps.ts';
import { type AcceleratorOptions, benchAccelerator } from './train-step/accelerator.ts';
import {
  benchTrainStep,
  modelsWithoutPeer,
  type TrainStepModel,
  trainStepModels,
} from './train-step/train-step.ts';

const atLeastOne = (value: string) => {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
};
const rounds = () =>
  new Option('--rounds <n>', 'number of rounds; in each, this project and the peer run once')
    .default(5)
    .argParser(atLeastOne);

listenForReaders();

const program = new Command('bench:speed').description(
  'Compare the speed with that of the Python peers. The machine must be otherwise idle.',
);
program
  .command('losses')
  .description('loss value and gradient: CE, CE + SupCon, CLCE at 64, 1024 and 4096 × 128')
  .addOption(rounds())
  .action(benchLosses);
program
  .command('large-batch')
  .description('an exact batch of 4096 in micro-batches of 64, compared with a plain batch of 64')
  .addOption(rounds().default(3))
  .action(benchLargeBatch);
program
  .command('episodes')
  .description('few-shot classifiers on 5-way 5-shot episodes of 640-d features')
  .addOption(new Option('--episodes <n>', 'number of episodes').default(2000).argParser(atLeastOne))
  .addOption(rounds().default(3))
  .action(benchEpisodes);
program
  .command('features')
  .description('features of frozen ViT-S/16 and ResNet-50 at 224')
  .addOption(rounds())
  .action(benchFeatures);
program
  .command('images')
  .description('batches from JPEG files and from packed images')
  .addOption(rounds().default(3))
  .action(benchImages);
program
  .command('ledger')
  .description('the commands that read a finished suite of many synthetic cells')
  .addOption(new Option('--cells <n>', 'number of cells').default(20_000).argParser(atLeastOne))
  .addOption(new Option('--episodes <n>', 'episodes of a cell').default(5).argParser(atLeastOne))
  .action(benchLedger);
program
  .command('pool')
  .description(
    'two workers with one thread each, compared with one worker with two threads, on the same cells',
  )
  .addOption(rounds().default(3))
  .action(benchPool);
program
  .command('steps')
  .description(
    'seconds and peak memory of a training step of every loss, Conv-4 at 32, batches of 64 and 512',
  )
  .addOption(rounds().default(3))
  .addOption(
    new Option('--group <n>', 'contrast within groups of n (default: the whole batch)').argParser(atLeastOne),
  )
  .action(benchSteps);
program
  .command('train-step')
  .description('one training step: forward, backward, AdamW')
  .addOption(
    new Option('--model <model>', 'a single model (default: all models of the peer)').choices([
      ...trainStepModels,
      ...modelsWithoutPeer,
    ]),
  )
  .addOption(rounds())
  .option('--profile', 'instead, print the time of the CE step by operator')
  .action(({ model, rounds: count, profile }: { model?: TrainStepModel; rounds: number; profile?: true }) =>
    benchTrainStep({ models: model ? [model] : trainStepModels, rounds: count, profile: profile ?? false }),
  );
program
  .command('accelerator')
  .description(
    'one training step on an accelerator: its time compared with PyTorch on the same GPU, its numbers with the CPU',
  )
  .addOption(
    new Option('--engine <engine>', 'an engine on an accelerator')
      .choices(engineNames)
      .default('onnx-webgpu'),
  )
  .addOption(new Option('--model <model>', 'a single model (default: all)').choices(trainStepModels))
  .addOption(rounds().default(3))
  .option('--python <python>', 'a Python with PyTorch for CUDA', 'python3')
  .option('--tf32', 'let NVIDIA’s libraries round the factors of products to TF32', false)
  .action(
    ({
      model,
      ...options
    }: Omit<AcceleratorOptions, 'models'> & { model?: (typeof trainStepModels)[number] }) =>
      benchAccelerator({ ...options, models: model ? [model] : trainStepModels }),
  );
await program.parseAsync();
