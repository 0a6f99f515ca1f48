/** The cells of a preset, with their keys. */

import { DatasetError, getDataset } from '@clce/datasets';
import { type ByFile, type CellSpec, checkDataset, expand, type Preset, SuiteError } from '@clce/experiments';
import { roundsOf, type WithFacts } from '@clce/results';
import { type Cell, cellKey } from '@clce/runner';
import { loadDataset } from './load-dataset.ts';

/** A cell of a suite: what runs, and the facts that tables show of it. */
export interface SuiteCell extends Cell<CellSpec>, WithFacts {}

/** Makes sure that every data set is there and fits protocol and batches, before the first cell runs. */
export async function prepareDatasets(preset: Preset, dataRoot: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const name of preset.datasets) {
    const dataset = await loadDataset(name, dataRoot, preset.imageSize);
    await checkDataset(preset, dataset);
    hashes.set(name, dataset.manifestHash);
  }
  return hashes;
}

export interface FoundDatasets {
  readonly hashes: ReadonlyMap<string, string>;
  /** For each missing data set: what the user must do. */
  readonly toPrepare: ReadonlyMap<string, string>;
}

/** Finds the data sets that are packed. Decodes nothing. */
export async function findDatasets(preset: Preset, dataRoot: string): Promise<FoundDatasets> {
  const { datasets, imageSize: size } = preset;
  const hashes = new Map<string, string>();
  const toPrepare = new Map<string, string>();
  for (const name of datasets) {
    try {
      const dataset = await getDataset(name).find({ dataRoot, size });
      if (dataset === undefined) {
        const pack = `./clce data pack ${name} --size ${size} --data ${dataRoot}`;
        toPrepare.set(name, `${name} is not packed at ${size} pixels; the run packs it, or "${pack}"`);
        continue;
      }
      await checkDataset(preset, dataset);
      hashes.set(name, dataset.manifestHash);
    } catch (error) {
      if (!(error instanceof DatasetError) || error.fault !== 'missing') throw error;
      toPrepare.set(name, error.message);
    }
  }
  return { hashes, toPrepare };
}

/** @throws SuiteError naming two entries of the preset that mean one cell, which would count twice */
export function planCells(
  preset: Preset,
  manifestHashes: ReadonlyMap<string, string>,
  fileHashes: ByFile,
): SuiteCell[] {
  const labels = new Map<string, string>();
  return expand(preset, manifestHashes, fileHashes).map((cell) => {
    const key = cellKey(cell.spec);
    const before = labels.get(key);
    if (before !== undefined) {
      throw new SuiteError(`"${before}" and "${cell.label}" are the same cell; leave one of them out`);
    }
    labels.set(key, cell.label);
    return { key, ...cell };
  });
}

/** A cell before a run. Its key is unknown until its data set is packed. */
export interface OutlinedCell {
  readonly key: string | undefined;
  readonly label: string;
}

export function outlineCells(
  preset: Preset,
  { hashes, toPrepare }: FoundDatasets,
  fileHashes: ByFile,
): OutlinedCell[] {
  const unknown = [...toPrepare.keys()].map((name) => [name, ''] as const);
  const cells = planCells(preset, new Map([...hashes, ...unknown]), fileHashes);
  return roundsOf(cells)
    .flat()
    .map(({ key, label, spec }) => ({ key: toPrepare.has(spec.dataset.name) ? undefined : key, label }));
}
