/** Normalisation of pixels to the numbers that a backbone sees. */
import { type ChannelStatistics, channelStatistics, type Dataset } from '@clce/datasets';
import type { Normalisation } from './normalisation-names.ts';

/** The constants that pretrained weights expect, by timm's names. */
const FIXED = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  inception: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
} as const satisfies Record<Exclude<Normalisation, 'data'>, ChannelStatistics>;

/** Channel statistics by name. `data` reads training samples only. */
export function normalisationOf(normalisation: Normalisation = 'data', dataset: Dataset): ChannelStatistics {
  return normalisation === 'data' ? channelStatistics(dataset, dataset.split.base) : FIXED[normalisation];
}
