import { type Dataset, trainingBatches } from '@clce/datasets';
import { checkEpisodes } from './few-shot.ts';
import type { Preset } from './suite.ts';
import { checkTransfer, withValidation } from './transfer.ts';

/**
 * Whether the data set has what the preset's protocol and its batches need.
 *
 * @throws DatasetError naming what is missing
 */
export async function checkDataset(
  { protocol, batchSizes, losses, recipe }: Preset,
  dataset: Dataset,
): Promise<void> {
  if (protocol.kind === 'few-shot') await checkEpisodes(protocol, dataset);
  else checkTransfer(protocol, dataset);
  const trained = protocol.kind === 'transfer' ? withValidation(dataset, protocol) : dataset;
  for (const batchSize of batchSizes) {
    for (const method of losses) {
      const { samplesPerClass } = { ...recipe, ...method.recipe };
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
