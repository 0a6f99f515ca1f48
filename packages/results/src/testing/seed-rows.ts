import type { SeedRow } from '../tables/seed-table.ts';

/** Rows of one loss, a value a seed. */
export function seedRowsOf(
  loss: string,
  values: readonly number[],
  changes: Partial<SeedRow> = {},
): SeedRow[] {
  return values.map((value, seed) => ({
    dataset: 'icons',
    image_size: 32,
    split: 'official',
    folds: null,
    fold: null,
    backbone: 'conv4',
    weights: 'random',
    loss,
    loss_name: loss.toLowerCase(),
    batch_size: 64,
    contrastive_group: null,
    optimizer: 'adamw',
    learning_rate: 0.01,
    epochs: 2.5,
    steps: 400,
    images: 25_600,
    seed,
    protocol: 'few-shot',
    evaluated_on: 'novel',
    way: 5,
    shot: 5,
    classifier: 'nearest-centroid',
    measure: 'accuracy',
    value,
    cell: `${loss}-${seed}`,
    ...changes,
  }));
}
