import { type Dataset, trainingBatches } from '@clce/datasets';
import { checkEpisodes } from '../evaluation/few-shot.ts';
import { checkTransfer, withValidation } from '../evaluation/transfer.ts';
import { type Preset, recipeOf } from './preset.ts';

/**
 * Checks that the data set has the classes and samples that the preset's protocol and batches need.
 *
 * @throws DatasetError naming what is missing
 */
export async function checkDataset(preset: Preset, dataset: Dataset): Promise<void> {
  const { protocol, batchSizes, losses, backbones } = preset;
  if (protocol.kind === 'few-shot') await checkEpisodes(protocol, dataset);
  else checkTransfer(protocol, dataset);
  const trained = protocol.kind === 'transfer' ? withValidation(dataset, protocol) : dataset;
  const recipes = backbones.flatMap((backbone) => losses.map((method) => recipeOf(preset, backbone, method)));
  const groupings = new Set(recipes.map(({ samplesPerClass }) => samplesPerClass));
  for (const batchSize of batchSizes) {
    for (const samplesPerClass of groupings) {
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
}
