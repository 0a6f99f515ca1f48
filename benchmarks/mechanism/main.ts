/**
 * `npx --yes pnpm@12.21.0 bench:concentration`: trains Conv-4 on icons as the preset `factors` does, and prints how much of the
 * negatives' gradient falls on the hardest tenth, by β and τ. The suite `mechanism` takes its temperatures from here.
 */
import { getDataset, trainingBatches } from '@clce/datasets';
import { getEngine } from '@clce/engine';
import { checkPreset, expand, getPreset, type TrainingSpec } from '@clce/experiments';
import { Command, Option } from 'commander';
import { dataOption } from '../../packages/cli/src/commands/flags/options.ts';
import { prepareTraining } from '../../packages/experiments/src/training/training.ts';
import { dot } from '../../packages/losses/src/reference/matrix.ts';
import mechanism from '../suites/mechanism.ts';
import { shareOfHardest } from './concentration.ts';

const TEMPERATURES = [0.07, 0.1, 0.13, 0.17, 0.2, 0.3, 0.5, 1];
const HARDNESSES = [0, 1];
/** Batches of 64 whose anchors the shares are averaged over. */
const BATCHES = 20;

const program = new Command('bench:concentration')
  .description('share of the negatives’ gradient on the hardest tenth of them, by β and τ')
  .addOption(
    new Option('--backbone <name>', 'a backbone of the preset `factors`')
      .choices(getPreset(mechanism, 'factors').backbones)
      .default('conv4'),
  )
  .addOption(dataOption());
const { backbone, dataRoot } = program.parse().opts<{ backbone: string; dataRoot: string }>();

const preset = checkPreset({ ...getPreset(mechanism, 'factors'), backbones: [backbone], seeds: [0] });
const dataset = await getDataset('icons').load({ dataRoot, size: preset.imageSize });
const cells = expand(preset, new Map([['icons', dataset.manifestHash]]));
const spec = cells.find(({ facts }) => facts.kind === 'training' && facts.loss === 'CLCE')!
  .spec as TrainingSpec;
const training = await prepareTraining(spec, dataset, await getEngine(spec.engine).start({ threads: 2 }));
await training.run({});
const batches = trainingBatches({
  dataset,
  classIndices: dataset.split.base,
  batchSize: spec.batchSize,
  seed: 1,
  statistics: { mean: [0, 0, 0], std: [1, 1, 1] },
});
/** Cosines of each anchor with its negatives. */
const anchors: number[][] = [];
for (let step = 0; step < BATCHES; step++) {
  const rows = batches.rowsAt(step);
  const { features } = await training.predictor.predict(training.state, rows);
  const unit = Array.from(rows, (_, at) =>
    Array.from(features.values.subarray(at * features.dim, (at + 1) * features.dim)),
  );
  const labels = Array.from(rows, (row) => dataset.samples[row]!.label);
  for (const [i, z] of unit.entries()) {
    anchors.push(unit.filter((_, k) => labels[k] !== labels[i]).map((other) => dot(z, other)));
  }
}
await training.dispose();

const shareAt = (hardness: number, temperature: number) =>
  anchors.reduce((sum, cosines) => sum + shareOfHardest(cosines, temperature, hardness), 0) / anchors.length;
console.log(
  `${backbone}, ${spec.loss.name}\nτ     ${HARDNESSES.map((hardness) => `β = ${hardness}`).join('  ')}`,
);
for (const temperature of TEMPERATURES) {
  const shares = HARDNESSES.map((hardness) => shareAt(hardness, temperature).toFixed(3));
  console.log(`${String(temperature).padEnd(5)} ${shares.join('  ')}`);
}
