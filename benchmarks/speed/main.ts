/** `npx --yes pnpm@12.21.0 bench:speed`: this project beside its peers, interleaved in one run. */
import { engineNames } from '@clce/engine';
import { Command, InvalidArgumentError, Option } from 'commander';
import { listenForReaders } from '../../packages/cli/src/run/stopping.ts';
import { type AcceleratorOptions, benchAccelerator } from './accelerator.ts';
import { benchEpisodes } from './episodes.ts';
import { benchFeatures } from './features.ts';
import { benchImages } from './images.ts';
import { benchLargeBatch } from './large-batch.ts';
import { benchLedger } from './ledger.ts';
import { benchLosses } from './losses.ts';
import { benchPool } from './pool.ts';
import { benchTrainStep, modelsWithoutPeer, type TrainStepModel, trainStepModels } from './train-step.ts';

const atLeastOne = (value: string) => {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 on.');
};
const rounds = () =>
  new Option('--rounds <n>', 'how often ours and the peer take turns').default(5).argParser(atLeastOne);

listenForReaders();

const program = new Command('bench:speed').description(
  'Speed beside the Python peers; use an otherwise idle machine.',
);
program
  .command('losses')
  .description('loss value and gradient: CE, CE + SupCon, CLCE at 64, 1024 and 4096 × 128')
  .addOption(rounds())
  .action(benchLosses);
program
  .command('large-batch')
  .description('an exact batch of 4096 in micro-batches of 64, beside a plain batch of 64')
  .addOption(rounds().default(3))
  .action(benchLargeBatch);
program
  .command('episodes')
  .description('few-shot classifiers on 5-way 5-shot episodes of 640-d features')
  .addOption(new Option('--episodes <n>', 'how many').default(2000).argParser(atLeastOne))
  .addOption(rounds().default(3))
  .action(benchEpisodes);
program
  .command('features')
  .description('features of frozen ViT-S/16 and ResNet-50 at 224')
  .addOption(rounds())
  .action(benchFeatures);
program
  .command('images')
  .description('JPEG files and packed images to batches')
  .addOption(rounds().default(3))
  .action(benchImages);
program
  .command('ledger')
  .description('status, table and claims over a ledger of many synthetic cells')
  .addOption(new Option('--cells <n>', 'how many').default(10_000).argParser(atLeastOne))
  .action(benchLedger);
program
  .command('pool')
  .description('two workers of one thread beside one of two, on the same cells')
  .addOption(rounds().default(3))
  .action(benchPool);
program
  .command('train-step')
  .description('one training step: forward, backward, AdamW')
  .addOption(
    new Option('--model <model>', 'one model instead of those that the peer has').choices([
      ...trainStepModels,
      ...modelsWithoutPeer,
    ]),
  )
  .addOption(rounds())
  .option('--profile', 'where the time of the CE step goes, by operator, instead')
  .action(({ model, rounds: count, profile }: { model?: TrainStepModel; rounds: number; profile?: true }) =>
    benchTrainStep({ models: model ? [model] : trainStepModels, rounds: count, profile: profile ?? false }),
  );
program
  .command('accelerator')
  .description(
    'one training step on an accelerator, beside PyTorch on the same GPU and the numbers of the CPU',
  )
  .addOption(
    new Option('--engine <engine>', 'an engine on an accelerator')
      .choices(engineNames)
      .default('onnx-webgpu'),
  )
  .addOption(new Option('--model <model>', 'one model instead of all').choices(trainStepModels))
  .addOption(rounds().default(3))
  .option('--python <python>', 'the Python that has PyTorch with CUDA', 'python3')
  .option('--tf32', 'let NVIDIA’s libraries round the factors of products to TF32', false)
  .action(
    ({
      model,
      ...options
    }: Omit<AcceleratorOptions, 'models'> & { model?: (typeof trainStepModels)[number] }) =>
      benchAccelerator({ ...options, models: model ? [model] : trainStepModels }),
  );
await program.parseAsync();
