/** The cells of a preset, with their keys. */

import { DatasetError, getDataset } from '@clce/datasets';
import {
  type ByFile,
  type CellSpec,
  checkDataset,
  expand,
  type Method,
  type OwnFile,
  type Preset,
  type Setting,
  SuiteError,
} from '@clce/experiments';
import { roundsOf, type WithFacts } from '@clce/results';
import { type Cell, cellKey } from '@clce/runner';
import { shellWord } from '@clce/text';
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

/** Finds the data sets that are packed. Decodes nothing. @param ownFiles of the user's, which the command that packs needs */
export async function findDatasets(
  preset: Preset,
  dataRoot: string,
  ownFiles: readonly OwnFile[],
): Promise<FoundDatasets> {
  const { datasets, imageSize: size } = preset;
  const hashes = new Map<string, string>();
  const toPrepare = new Map<string, string>();
  for (const name of datasets) {
    try {
      const dataset = await getDataset(name).find({ dataRoot, size });
      if (dataset === undefined) {
        const isFolder = ownFiles.some((file) => file.kind === 'pictures' && file.pictures.name === name);
        const pack = isFolder ? '' : `, or "${packCommand(name, size, dataRoot, ownFiles)}"`;
        toPrepare.set(name, `${name} is not packed at ${size} pixels; the run packs it${pack}`);
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

function packCommand(name: string, size: number, dataRoot: string, ownFiles: readonly OwnFile[]): string {
  const files = ownFiles.flatMap((file) => (file.kind === 'dataset' ? ['--dataset-file', file.path] : []));
  const words = ['data', 'pack', name, '--size', String(size), '--data', dataRoot, ...files];
  return `./clce ${words.map(shellWord).join(' ')}`;
}

/**
 * @param methodsAt the methods in a setting, if they are not the preset's everywhere
 * @throws SuiteError naming two entries of the preset that mean one cell, which would count twice
 */
export function planCells(
  preset: Preset,
  manifestHashes: ReadonlyMap<string, string>,
  fileHashes: ByFile,
  methodsAt?: (setting: Setting) => readonly Method[],
): SuiteCell[] {
  const labels = new Map<string, string>();
  return expand(preset, manifestHashes, fileHashes, methodsAt).map((cell) => {
    const key = cellKey(cell.spec);
    const before = labels.get(key);
    if (before !== undefined) {
      throw new SuiteError(`"${before}" and "${cell.label}" are the same cell; leave one of them out`);
    }
    labels.set(key, cell.label);
    return { key, ...cell };
  });
}

/** A cell before a run. */
export interface OutlinedCell extends Pick<SuiteCell, 'label' | 'spec' | 'facts'> {
  /** Undefined until its data set is packed, and until its method is chosen. */
  readonly key: string | undefined;
}

/** The cells in the order in which they run. */
export function outlined(cells: readonly SuiteCell[], isKnown: (cell: SuiteCell) => boolean): OutlinedCell[] {
  return roundsOf(cells)
    .flat()
    .map((cell) => ({ ...cell, key: isKnown(cell) ? cell.key : undefined }));
}
