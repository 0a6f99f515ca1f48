/**
 * Times training steps of one loss as a suite runs them: its views, its projection head, AdamW.
 *
 *     tsx benchmarks/speed/steps-program.ts LOSS BATCH [GROUP]
 *
 * prints one JSON line: milliseconds a step, peak megabytes. The pictures are noise, and making batches is not timed.
 */
import type { Dataset } from '@clce/datasets';
import { onnxEngine } from '@clce/engine';
import { checkPreset, expand, getPreset, type TrainingSpec } from '@clce/experiments';
import { getLoss } from '@clce/losses';
import { compileTraining } from '../../packages/experiments/src/training/compile-training.ts';
import { planTraining } from '../../packages/experiments/src/training/training-plan.ts';
import fewshot from '../suites/fewshot.ts';
import { peakMegabytes } from './measuring/memory.ts';
import { normal, timeSteps } from './measuring/workload.ts';

const STEPS = 5;
/** As many classes as the training side of `icons` has. */
const CLASSES = 164;
const SAMPLES = 1024;

const [loss, size, group] = process.argv.slice(2) as [string, string, string?];
const batchSize = Number(size);
const standard = getPreset(fewshot, 'standard');
const { imageSize } = standard;
const isCut = group !== undefined && getLoss(loss).contrasts !== false;
const preset = checkPreset({
  ...standard,
  losses: [{ name: loss, ...(isCut && { recipe: { contrastiveGroup: Number(group) } }) }],
  batchSizes: [batchSize],
  seeds: [0],
});
const labels = Array.from({ length: CLASSES }, (_, label) => label);
const dataset: Dataset = {
  name: 'icons',
  manifestHash: '',
  imageSize,
  channels: 3,
  classNames: labels.map(String),
  samples: Array.from({ length: SAMPLES }, (_, row) => ({ id: String(row), label: row % CLASSES })),
  split: { base: labels, validation: [], novel: [] },
  pixels: Uint8Array.from(normal(SAMPLES * imageSize * imageSize * 3), (value) => 128 + 40 * value),
};
const spec = expand(preset, new Map([['icons', '']])).at(-1)!.spec as TrainingSpec;
const plan = await planTraining(spec, dataset);
const engine = onnxEngine({ threads: 2 });
const step = await compileTraining(spec, plan, engine);
const state = engine.createState(plan.initial);
const { ms } = await timeSteps(() => step.run(state, plan.firstInputs), STEPS);
console.log(JSON.stringify({ ms, peakMB: peakMegabytes() }));
