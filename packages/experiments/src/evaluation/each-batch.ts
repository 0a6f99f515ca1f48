import { type ChannelStatistics, type Dataset, evaluationImages } from '@clce/datasets';
import { float32, type HostTensor } from '@clce/engine';

/**
 * Images of some rows as they are, without augmentation, in batches of one shape; the last is filled up with copies of its
 * first image.
 *
 * @param use gets a batch, the place of its first row and how many of its images count; the batch is its until it is done
 */
export async function eachBatch(
  dataset: Dataset,
  rows: Int32Array,
  normalisation: ChannelStatistics,
  batch: number,
  use: (images: HostTensor, start: number, count: number) => Promise<void>,
): Promise<void> {
  const shape = [batch, dataset.imageSize, dataset.imageSize, 3];
  let images: Float32Array | undefined;
  for (let start = 0; start < rows.length; start += batch) {
    const chunk = rows.subarray(start, start + batch);
    const full = Int32Array.from({ length: batch }, (_, k) => chunk[k] ?? chunk[0]!);
    images = evaluationImages(dataset, full, normalisation, images);
    await use(float32(shape, images), start, chunk.length);
  }
}
