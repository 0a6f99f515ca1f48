/**
 * A YAML file that changes a preset: entries as the preset has them. Those of `recipe` and `protocol` are taken one by
 * one, anything else as a whole. `lossFiles` and `datasetFiles` are what the file may name besides.
 *
 *     datasets: [icons]
 *     seeds: [0, 1, 2]
 *     recipe:
 *       learningRate: 0.003
 */
import { isMap, isNode } from 'yaml';
import type { Preset } from './suite.ts';
import { SuiteError } from './suite-error.ts';
import { readYaml } from './yaml.ts';

export interface PresetFile {
  /** Paths of files with losses and data sets of the user's, relative to the file's folder. */
  readonly lossFiles: readonly string[];
  readonly datasetFiles: readonly string[];
  /** The preset with the file's entries in place, still unchecked. */
  appliedTo(preset: Preset): Preset;
  /** The error with the file and line of the entry that it is about, where the file has that entry. */
  located(error: unknown): unknown;
}

/**
 * @param name as error messages call the file
 * @throws SuiteError naming the file and line where the text is no YAML, or no mapping
 */
export function parsePresetFile(text: string, name: string): PresetFile {
  const { document, value, lineAt } = readYaml(text, (line) => `${name}, line ${line}`);
  if (!isMap(document.contents)) {
    throw new SuiteError(`${name}: expected entries of a preset, such as "seeds: [0, 1, 2]"`);
  }
  const { lossFiles, datasetFiles, ...entries } = value as Partial<Preset> & OwnFileEntries;
  const listed = (entry: keyof OwnFileEntries, paths: unknown): readonly string[] => {
    if (paths === undefined) return [];
    if (Array.isArray(paths) && paths.every((path) => typeof path === 'string')) return paths;
    const node = document.get(entry, true);
    const line = lineAt((isNode(node) && node.range?.[0]) || 0);
    throw new SuiteError(`${name}, line ${line}: ${entry}: expected a list of files, such as [mine.ts]`);
  };
  return {
    lossFiles: listed('lossFiles', lossFiles),
    datasetFiles: listed('datasetFiles', datasetFiles),
    appliedTo: (preset) => ({
      ...preset,
      ...entries,
      ...(isObject(entries.recipe) && { recipe: { ...preset.recipe, ...entries.recipe } }),
      ...(isObject(entries.protocol) && { protocol: { ...preset.protocol, ...entries.protocol } }),
    }),
    located(error) {
      if (!(error instanceof SuiteError)) return error;
      const node = document.getIn(error.path, true);
      const place = error.path.length > 0 && isNode(node) ? node.range?.[0] : undefined;
      if (place === undefined) return error;
      return new SuiteError(`${name}, line ${lineAt(place)}: ${error.message}`, error.path);
    },
  };
}

interface OwnFileEntries {
  readonly lossFiles?: unknown;
  readonly datasetFiles?: unknown;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
