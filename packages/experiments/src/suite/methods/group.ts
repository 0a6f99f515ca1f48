/** Contrastive groups: the part of a batch that a sample is compared with. */
import { getLoss } from '@clce/losses';
import type { Method, Preset } from '../preset.ts';
import { SuiteError } from '../suite-error.ts';
import { samplesPerStep } from './images.ts';
import { titleOf } from './title.ts';

/** A specification of training, or a method with its recipe. */
interface Grouped {
  readonly recipe: Pick<Preset['recipe'], 'contrastiveGroup'>;
  readonly batchSize: number;
}

/** Number of contrastive groups of a batch. */
export function groupsPerStep({ recipe, batchSize }: Grouped): number {
  return batchSize / (recipe.contrastiveGroup ?? batchSize);
}

/**
 * The recipe without a group that changes nothing: that of the whole batch, and that of a loss without a contrastive term. So a cell
 * has one key.
 */
export function withoutIdleGroup<Recipe extends Preset['recipe']>(
  loss: string,
  recipe: Recipe,
  batchSize: number,
): Recipe {
  const { contrastiveGroup, ...rest } = recipe;
  const isIdle = contrastiveGroup === batchSize || getLoss(loss).contrasts === false;
  return isIdle ? (rest as Recipe) : recipe;
}

/** @throws SuiteError where a batch cannot be cut into the groups */
export function checkGroup(method: Method, recipe: Preset['recipe'], batchSize: number): void {
  const { contrastiveGroup: size, samplesPerClass = 1 } = recipe;
  if (size === undefined) return;
  const refused = (why: string) =>
    new SuiteError(`recipe.contrastiveGroup: ${why}`, ['recipe', 'contrastiveGroup']);
  if (getLoss(method.name).contrasts === false) {
    if (method.recipe?.contrastiveGroup === undefined) return;
    throw refused(`${titleOf(method)} has no contrastive term; leave the entry out of its recipe`);
  }
  if (batchSize % size !== 0) {
    throw refused(`a batch of ${batchSize} cannot be cut into equal groups of ${size}`);
  }
  const samples = samplesPerStep({ loss: method, recipe, batchSize }) / (batchSize / size);
  if (!Number.isInteger(samples)) {
    throw refused(
      `${size} images are no whole number of samples for the two views of ${titleOf(method)}; expected an even number`,
    );
  }
  if (samples % samplesPerClass === 0) return;
  throw refused(
    `a group of ${titleOf(method)} has ${samples} samples, which is no multiple of the ${samplesPerClass} samples a class of recipe.samplesPerClass`,
  );
}
