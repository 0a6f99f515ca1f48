import { createHash } from 'node:crypto';
import type { Dataset, DatasetAdapter, Partition, Sample } from '../dataset.ts';

export interface SampleSplit extends Pick<DatasetAdapter, 'name' | 'title'> {
  /** The split in words. The hash of the set covers them. */
  rule: string;
  /** The side of each sample, by the samples of the set. */
  partitionOf(samples: readonly Sample[]): (sample: Sample) => Partition;
}

/** The samples of a drawn set, split by sample for transfer learning. All classes are base classes. */
export function splitBySample(
  set: DatasetAdapter,
  { name, title, rule, partitionOf }: SampleSplit,
): DatasetAdapter {
  function split(dataset: Dataset): Dataset {
    const partition = partitionOf(dataset.samples);
    // It has a split by sample already.
    const { reservable: _, ...rest } = dataset;
    return {
      ...rest,
      name,
      manifestHash: createHash('sha256').update(`${dataset.manifestHash}\n${rule}\n`).digest('hex'),
      samples: dataset.samples.map((sample) => ({ ...sample, partition: partition(sample) })),
      split: { base: dataset.classNames.map((_, label) => label), validation: [], novel: [] },
    };
  }
  return {
    ...set,
    ...{ name, title },
    find: async (options) => {
      const found = await set.find(options);
      return found && split(found);
    },
    load: async (options) => split(await set.load(options)),
  };
}
