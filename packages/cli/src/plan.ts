/** The cells of a preset, with their keys. */
import { type Cell, cellLabel, checkDataset, expand, type Preset } from '@clce/experiments';
import { cellKey } from '@clce/runner';
import { loadDataset } from './load-dataset.ts';

export interface PlannedCell extends Cell {
  readonly key: string;
  readonly label: string;
}

/** Makes sure that every data set is there and fits protocol and batches, before the first cell runs. */
export async function prepareDatasets(preset: Preset, root: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const name of preset.datasets) {
    const dataset = await loadDataset(name, root, preset.imageSize);
    await checkDataset(preset, dataset);
    hashes.set(name, dataset.manifestHash);
  }
  return hashes;
}

export function planCells(
  preset: Preset,
  manifestHashes: ReadonlyMap<string, string>,
  fileHashes: ReadonlyMap<string, string>,
): PlannedCell[] {
  return expand(preset, manifestHashes, fileHashes).map((cell) => ({
    ...cell,
    key: cellKey(cell.spec),
    label: cellLabel(cell),
  }));
}
