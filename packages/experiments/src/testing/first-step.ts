/** The first training step of a cell on a tiny data set. */
import type { Dataset } from '@clce/datasets';
import type { Engine } from '@clce/engine';
import type { TrainingSpec } from '../suite/cell.ts';
import { expand } from '../suite/cell.ts';
import { checkPreset } from '../suite/check-preset.ts';
import type { Recipe } from '../suite/preset.ts';
import { compileTraining } from '../training/compile-training.ts';
import { planTraining } from '../training/training-plan.ts';
import { tinyDataset } from './tiny-dataset.ts';
import { tinyPreset } from './tiny-preset.ts';

const black = tinyDataset(16);
// Black pictures would have equal features.
const pixels = Uint8Array.from({ length: black.samples.length * 16 * 16 * 3 }, (_, at) => (at * 7919) % 251);
export const dataset: Dataset = { ...black, pixels };

export function specOf(loss: string, recipe: Partial<Recipe> = {}, backbone = 'conv4'): TrainingSpec {
  const preset = checkPreset({
    ...tinyPreset,
    backbones: [backbone],
    losses: [{ name: loss }],
    recipe: { ...tinyPreset.recipe, ...recipe },
  });
  return expand(preset, new Map([['icons', dataset.manifestHash]]))[1]!.spec as TrainingSpec;
}

/** The outputs of the step, and the state after it. */
export async function firstStep(engine: Engine, spec: TrainingSpec) {
  const plan = await planTraining(spec, dataset);
  const step = await compileTraining(spec, plan, engine);
  const state = engine.createState(plan.initial);
  const { labels } = plan.batches.batchAt(0);
  const outputs = await step.run(state, plan.firstInputs);
  const values = await state.read(Object.keys(plan.model.parameters));
  const number = (name: string) => outputs[name]!.data[0]!;
  state.dispose();
  await step.dispose();
  return { labels, values, number };
}
