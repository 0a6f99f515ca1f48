import { type Dataset, getDataset } from '@clce/datasets';

/** The data set, with a line for each tenth of its preparation where it has to be prepared. */
export function loadDataset(name: string, dataRoot: string, size: number): Promise<Dataset> {
  let shown = 0;
  return getDataset(name).load({
    dataRoot,
    size,
    onProgress(done, total) {
      const tenth = Math.floor((10 * done) / total);
      if (tenth > shown) console.error(`preparing ${name} at ${size} × ${size}: ${10 * tenth} %`);
      shown = tenth;
    },
  });
}
