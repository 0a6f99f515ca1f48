/** Whether a method can have the recipe and the batches of its preset. */
import { getLoss } from '@clce/losses';
import type { Method, Preset } from '../preset.ts';
import { SuiteError } from '../suite-error.ts';
import { checkGroup } from './group.ts';
import { imagesPerStep, samplesPerStep } from './images.ts';
import { titleOf } from './title.ts';

/**
 * @param recipe of the method
 * @throws SuiteError naming the entry
 */
export function checkMethod(method: Method, recipe: Preset['recipe'], batchSizes: readonly number[]): void {
  checkSmoothing(method, recipe);
  for (const batchSize of batchSizes) {
    checkBatch(method, recipe, batchSize);
    checkGroup(method, recipe, batchSize);
  }
}

function checkSmoothing(method: Method, { labelSmoothing }: Preset['recipe']): void {
  if (labelSmoothing === undefined) return;
  const path = ['recipe', 'labelSmoothing'];
  if (Object.hasOwn(method.parameters ?? {}, 'labelSmoothing')) {
    throw new SuiteError(
      `recipe.labelSmoothing: ${titleOf(method)} has a parameter labelSmoothing too; leave one of them out`,
      path,
    );
  }
  if (labelSmoothing === 0 || Object.hasOwn(getLoss(method.name).defaults, 'labelSmoothing')) return;
  throw new SuiteError(
    `recipe.labelSmoothing: ${titleOf(method)} has no cross-entropy whose labels it could smooth; give the entry to other methods alone: losses: [{ name: ce, recipe: { labelSmoothing: ${labelSmoothing} } }]`,
    path,
  );
}

function checkBatch(method: Method, recipe: Preset['recipe'], batchSize: number): void {
  const batch = { loss: method, recipe, batchSize };
  const samples = samplesPerStep(batch);
  if (!Number.isInteger(samples)) {
    throw new SuiteError(
      `batchSizes: ${batchSize} images are no whole number of samples for the two views of ${titleOf(method)}; expected an even number`,
      ['batchSizes'],
    );
  }
  const { samplesPerClass = 1 } = recipe;
  if (samples % samplesPerClass === 0) return;
  const images = imagesPerStep(batch) === samples ? '' : ` in ${imagesPerStep(batch)} images`;
  throw new SuiteError(
    `recipe.samplesPerClass: a batch of ${titleOf(method)} has ${samples} samples${images}, which is no multiple of ${samplesPerClass}`,
    ['recipe', 'samplesPerClass'],
  );
}
