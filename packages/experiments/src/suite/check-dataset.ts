import { type Dataset, type ReserveSide, splitWithReserve, trainingBatches } from '@clce/datasets';
import { checkEpisodes } from '../evaluation/few-shot.ts';
import { checkTransfer, requireSides, withValidation } from '../evaluation/transfer.ts';
import { sidesOf } from './cell.ts';
import { samplesPerStep } from './methods/images.ts';
import { type Preset, recipeOf } from './preset.ts';
import { isTuned, trialPreset } from './tuning/trials.ts';

/** The data set with the sides of a cell. @throws DatasetError where it cannot be split so */
export function withSides(dataset: Dataset, split: ReserveSide | undefined): Dataset {
  return split === undefined ? dataset : splitWithReserve(dataset, split);
}

/**
 * Checks that the data set has the classes and samples that the preset's split, protocol and batches need.
 *
 * @throws DatasetError naming what is missing
 */
export async function checkDataset(preset: Preset, dataset: Dataset): Promise<void> {
  if (isTuned(preset)) await checkDataset(trialPreset(preset), dataset);
  for (const side of sidesOf(preset)) await checkSides(preset, withSides(dataset, side));
}

async function checkSides(preset: Preset, dataset: Dataset): Promise<void> {
  const { protocol, batchSizes, losses, backbones } = preset;
  if (protocol.kind === 'few-shot') {
    await checkEpisodes(protocol, dataset);
    if (protocol.seenClasses !== undefined) {
      requireSides(dataset, [protocol.classes === 'validation' ? 'validation' : 'test']);
    }
  } else checkTransfer(protocol, dataset);
  const trained = protocol.kind === 'transfer' ? withValidation(dataset, protocol) : dataset;
  // Samples of a batch and of a class in it, each pair once.
  const batches = new Map<string, readonly [number, number | undefined]>();
  for (const backbone of backbones) {
    for (const method of losses) {
      const recipe = recipeOf(preset, backbone, method);
      for (const batchSize of batchSizes) {
        const batch = [samplesPerStep({ loss: method, recipe, batchSize }), recipe.samplesPerClass] as const;
        batches.set(batch.join(), batch);
      }
    }
  }
  for (const [batchSize, samplesPerClass] of batches.values()) {
    trainingBatches({
      dataset: trained,
      classIndices: dataset.split.base,
      batchSize,
      seed: 0,
      statistics: { mean: [0, 0, 0], std: [1, 1, 1] },
      ...(samplesPerClass !== undefined && { samplesPerClass }),
    });
  }
}
