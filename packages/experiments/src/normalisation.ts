/** How pixels become the numbers that a backbone sees. */
import { type ChannelStatistics, channelStatistics, type Dataset } from '@clce/datasets';
import type { Recipe } from './suite.ts';

/** What pretrained weights expect, by the names that timm gives to these constants. */
const FIXED = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  inception: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
} as const satisfies Record<string, ChannelStatistics>;

export const fixedNormalisations = ['imagenet', 'inception'] as const;

/** Statistics of the training samples unless the recipe names others; nothing is known of test samples. */
export function normalisationOf({ normalisation }: Recipe, dataset: Dataset): ChannelStatistics {
  return normalisation === undefined ? channelStatistics(dataset, dataset.split.base) : FIXED[normalisation];
}
