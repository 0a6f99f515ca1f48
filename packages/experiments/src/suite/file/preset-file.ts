/**
 * A YAML file that changes a preset, or is one. Its entries have the preset's names. Each entry of `recipe` and `protocol` replaces the
 * preset's entry of the same name; any other entry replaces the preset's as a whole. Paths of `weights`, `frozen` and `protocol.episodeFile` are relative to the file's folder.
 * The file may also have `lossFiles`, `datasetFiles`, `pictures` and `sweep`, which holds lists of values by entry.
 *
 *     datasets: [icons]
 *     seeds: [0, 1, 2]
 *     recipe:
 *       learningRate: 0.003
 */

import { dirname, isAbsolute, join } from 'node:path';
import type { PictureFolder } from '@clce/datasets';
import { isMapping } from '@clce/files';
import { unknownName } from '@clce/registry';
import { isMap, isNode } from 'yaml';
import { type Sweep, sweepsIn } from '../methods/sweep.ts';
import { type DeclaredPreset, type Preset, withMethods } from '../preset.ts';
import { entriesAt } from '../preset-entries.ts';
import { SuiteError } from '../suite-error.ts';
import { type PicturesEntry, picturesIn } from './pictures-entry.ts';
import { readYaml, writeYaml } from './yaml.ts';

export interface PresetFile {
  /** The file's folder. */
  readonly folder: string;
  /** Paths of the user's files with losses and data sets, relative to the YAML file's folder. */
  readonly lossFiles: readonly string[];
  readonly datasetFiles: readonly string[];
  /** Folders of the user's pictures. */
  readonly pictures: readonly PictureFolder[];
  readonly sweeps: readonly Sweep[];
  /** The preset with the file's entries. It is still unchecked. */
  appliedTo(preset: Preset): Preset;
  /** The error, with the file and line of its entry if the file has this entry. */
  located(error: unknown): unknown;
}

/**
 * @param path path of the file; error messages name it
 * @param holds changes of a preset, or a whole preset
 * @throws SuiteError with file and line if the text is no YAML or no mapping
 */
export function parsePresetFile(
  text: string,
  path: string,
  holds: 'changes' | 'preset' = 'changes',
): PresetFile {
  const { document, value, lineAt } = readYaml(text, (line) => `${path}, line ${line}`);
  if (!isMap(document.contents)) {
    throw new SuiteError(`${path}: expected entries of a preset, such as "seeds: [0, 1, 2]"`);
  }
  const { lossFiles, datasetFiles, pictures, sweep, ...named } = value as Partial<Preset> & FileEntries;
  const folder = dirname(path);
  const placed = (own: string) => (isAbsolute(own) ? own : join(folder, own));
  const entries = withPaths(withMethods(named), placed);
  const listed = (entry: 'lossFiles' | 'datasetFiles', paths: unknown): readonly string[] => {
    if (paths === undefined) return [];
    if (Array.isArray(paths) && paths.every((one) => typeof one === 'string')) return paths;
    const node = document.get(entry, true);
    const line = lineAt((isNode(node) && node.range?.[0]) || 0);
    throw new SuiteError(`${path}, line ${line}: ${entry}: expected a list of files, such as [mine.ts]`);
  };
  const located = (error: unknown): unknown => {
    // An error with its file and line has no path.
    if (!(error instanceof SuiteError)) return error;
    // A loss that is a name has no entries; its own place is the nearest.
    for (let { path: place } = error; place.length > 0; place = place.slice(0, -1)) {
      const node = document.getIn(place, true);
      if (!isNode(node) || !node.range) continue;
      return new SuiteError(`${path}, line ${lineAt(node.range[0])}: ${error.message}`);
    }
    const [entry] = error.path;
    const lacksEntry = holds === 'preset' && entry !== undefined;
    return lacksEntry ? new SuiteError(`${path}: ${error.message}`) : error;
  };
  const known = [...entriesAt([])!.names, ...FILE_ENTRIES];
  const unknown = Object.keys(value as object).find((entry) => !known.includes(entry));
  if (unknown !== undefined) throw located(new SuiteError(unknownName('entry', unknown, known), [unknown]));
  return {
    folder,
    lossFiles: listed('lossFiles', lossFiles),
    datasetFiles: listed('datasetFiles', datasetFiles),
    pictures: orLocated(located, () => picturesIn(pictures, placed)),
    sweeps: orLocated(located, () => sweepsIn(sweep)),
    appliedTo: (preset) => ({
      ...preset,
      ...entries,
      ...(isMapping(entries.recipe) && { recipe: { ...preset.recipe, ...entries.recipe } }),
      ...(isMapping(entries.protocol) && { protocol: { ...preset.protocol, ...entries.protocol } }),
    }),
    located,
  };
}

/** What a file may say beside the entries of a preset. Paths are relative to the file's folder. */
export interface SuiteFile {
  readonly lossFiles?: readonly string[];
  readonly datasetFiles?: readonly string[];
  /** Folders of pictures, by the names of their data sets. */
  readonly pictures?: Readonly<Record<string, PicturesEntry>>;
}

/** A whole preset as YAML. @param remark comment lines at the top */
export function presetText(preset: DeclaredPreset, files: SuiteFile, remark: string): string {
  const comment = remark.split('\n').map((line) => `# ${line}\n`);
  return `${comment.join('')}${writeYaml({ ...files, ...preset })}`;
}

/** Entries that a file has and a preset has not. */
const FILE_ENTRIES = ['lossFiles', 'datasetFiles', 'pictures', 'sweep'] as const;

type FileEntries = { readonly [entry in (typeof FILE_ENTRIES)[number]]?: unknown };

function orLocated<Read>(located: (error: unknown) => unknown, read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    throw located(error);
  }
}

/** The entries with each path changed. Entries of a wrong type stay as they are; `checkPreset` reports them. */
function withPaths(entries: Partial<Preset>, moved: (path: string) => string): Partial<Preset> {
  const each = (value: unknown, change: (one: unknown) => unknown): unknown =>
    isMapping(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one)]))
      : value;
  const path = (value: unknown) => (typeof value === 'string' && value !== '' ? moved(value) : value);
  const entryOf = (value: unknown, entry: string): unknown =>
    isMapping(value) && entry in value ? { ...value, [entry]: path(value[entry]) } : value;
  const { weights, frozen, protocol, ...rest } = entries;
  return {
    ...rest,
    ...(weights !== undefined && { weights: each(weights, path) }),
    ...(frozen !== undefined && { frozen: each(frozen, (model) => entryOf(model, 'file')) }),
    ...(protocol !== undefined && { protocol: entryOf(protocol, 'episodeFile') }),
  } as Partial<Preset>;
}
