import { type ChannelStatistics, type Dataset, evaluationImages } from '@clce/datasets';
import { float32, type HostTensor } from '@clce/engine';

/**
 * Passes the images of some rows, without augmentation, to `use` in batches of one shape. Copies of the last batch's first
 * image fill that batch.
 *
 * @param use receives a batch, the position of its first row and the number of images without copies; the batch may be
 *   overwritten after `use` resolves
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
