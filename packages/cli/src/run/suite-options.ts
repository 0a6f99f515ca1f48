/** Which cells a command is about: a suite's file, one of its presets, and what flags change of it. */
import { readFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import {
  addOwnFiles,
  applyOverrides,
  checkPreset,
  checkWeights,
  getPreset,
  importSuiteFile,
  inputFiles,
  isTuned,
  type Overrides,
  type PlannedFile,
  type Preset,
  type PresetFile,
  parsePresetFile,
  requireRead,
  type Suite,
  SuiteError,
} from '@clce/experiments';
import { unknownName } from '@clce/registry';
import { SUITES } from '../commands/flags/suite-options.ts';
import { REPOSITORY } from '../places.ts';
import { ownFilesOf, picturesOf } from './own-files.ts';
import {
  findDatasets,
  type OutlinedCell,
  outlined,
  planCells,
  prepareDatasets,
  type SuiteCell,
} from './plan.ts';
import { planTuning, storedChoice, type TuningPlan } from './tuning.ts';

export interface SuiteOptions extends Overrides {
  readonly preset?: string;
  readonly config?: string;
  readonly lossFile?: readonly string[];
  readonly datasetFile?: readonly string[];
  readonly dataRoot: string;
}

export interface PlannedSuite {
  readonly suite: Suite;
  readonly presetName: string;
  readonly preset: Preset;
  /** The cells whose keys are known from the start: for a tuned preset, its trials. */
  readonly plan: readonly SuiteCell[];
  /** Absent for a preset that is not tuned. */
  readonly tuning?: TuningPlan;
  /** Paths of the files that the cells start from, by hash. */
  readonly inputPaths: Readonly<Record<string, string>>;
  /** Files of losses and data sets of the user's, which every worker has to know. */
  readonly ownFiles: readonly PlannedFile[];
}

/** Loads and checks all that the cells need, before the first one runs. */
export async function planSuite(file: string, options: SuiteOptions): Promise<PlannedSuite> {
  const { fileHashes, ...chosen } = await chooseSuite(file, options);
  const { preset } = chosen;
  const datasets = await prepareDatasets(preset, options.dataRoot);
  if (!isTuned(preset)) return { ...chosen, plan: planCells(preset, datasets, fileHashes) };
  const tuning = planTuning(preset, datasets, fileHashes);
  return { ...chosen, plan: tuning.trials, tuning };
}

/** A preset before its run. */
export interface SuiteOutline {
  readonly preset: Preset;
  /** Of a tuned preset: the cells that choose its methods. */
  readonly trials: readonly OutlinedCell[];
  /** The cells of the table. */
  readonly cells: readonly OutlinedCell[];
  /** What is to be done before all keys are known, a line a data set. */
  readonly toPrepare: readonly string[];
  /** A line on the keys that are known once the methods are chosen; absent where all of them are. */
  readonly choice?: string;
}

/** The cells as far as they are known. Prepares nothing. @param ledger where trials may have ended */
export async function outlineSuite(
  file: string,
  options: SuiteOptions,
  ledger: string,
): Promise<SuiteOutline> {
  const { preset, fileHashes, ownFiles } = await chooseSuite(file, options);
  const { hashes, toPrepare } = await findDatasets(preset, options.dataRoot, ownFiles);
  const unknown = [...toPrepare.keys()].map((name) => [name, ''] as const);
  const datasets = new Map([...hashes, ...unknown]);
  const isKnown = ({ spec }: SuiteCell) => !toPrepare.has(spec.dataset.name);
  const missing = [...toPrepare.values()];
  if (!isTuned(preset)) {
    const cells = outlined(planCells(preset, datasets, fileHashes), isKnown);
    return { preset, trials: [], cells, toPrepare: missing };
  }
  const tuning = planTuning(preset, datasets, fileHashes);
  const rows = toPrepare.size > 0 ? undefined : await storedChoice(tuning, ledger, options.dataRoot);
  const cells = outlined(
    tuning.confirmation(rows),
    (cell) => isKnown(cell) && (rows !== undefined || cell.spec.kind !== 'training'),
  );
  return {
    preset,
    trials: outlined(tuning.trials, isKnown),
    cells,
    toPrepare: missing,
    ...(rows === undefined && {
      choice: `The other keys (–) are known once all ${tuning.trials.length} trials are in ${ledger}, because trials choose the methods.`,
    }),
  };
}

/** What the user asked for, checked, with the files that its cells start from. */
async function chooseSuite(file: string, options: SuiteOptions) {
  const { suite, written } = await loadSuite(file);
  const { preset: presetName = suite.defaultPreset } = options;
  const { preset, ownFiles } = await configuredPreset(getPreset(suite, presetName), options, written);
  const { hashes: fileHashes, paths } = await inputFiles(preset);
  await checkWeights(preset);
  return { suite, presetName, preset, ownFiles, fileHashes, inputPaths: paths };
}

/**
 * Loads the user's losses and data sets, applies file and flags to the preset, and checks it.
 *
 * @param written the YAML file that the preset is from
 */
async function configuredPreset(
  preset: Preset,
  { config, lossFile = [], datasetFile = [], ...flags }: SuiteOptions,
  written?: PresetFile,
): Promise<{ readonly preset: Preset; readonly ownFiles: readonly PlannedFile[] }> {
  const changes = config === undefined ? undefined : await readPresetFile(config, 'changes');
  const files = [written, changes].filter((one) => one !== undefined);
  const ownFiles = await addOwnFiles([
    ...ownFilesOf('loss', lossFile),
    ...ownFilesOf('dataset', datasetFile),
    ...files.flatMap((one) => [
      ...ownFilesOf('loss', one.lossFiles, one.folder),
      ...ownFilesOf('dataset', one.datasetFiles, one.folder),
      ...picturesOf(one.pictures),
    ]),
  ]);
  const sweep = [...files.flatMap(({ sweeps }) => sweeps), ...(flags.sweep ?? [])];
  try {
    return { preset: overridden(changes?.appliedTo(preset) ?? preset, { ...flags, sweep }), ownFiles };
  } catch (error) {
    throw files.reduceRight((told: unknown, one) => one.located(told), error);
  }
}

async function readPresetFile(path: string, holds: 'changes' | 'preset'): Promise<PresetFile> {
  return parsePresetFile(await readFile(path, 'utf8'), path, holds);
}

function overridden(preset: Preset, flags: Overrides): Preset {
  const changed = checkPreset(applyOverrides(preset, flags));
  requireRead(preset, flags, changed);
  return changed;
}

interface LoadedSuite {
  readonly suite: Suite;
  /** The YAML file that is the suite's only preset. Absent: the suite is a module. */
  readonly written?: PresetFile;
}

async function loadSuite(file: string): Promise<LoadedSuite> {
  if (/\.ya?ml$/.test(file)) return suiteOfYaml(file);
  const isName = /^[a-z-]+$/.test(file);
  if (isName && !SUITES.includes(file)) {
    throw new SuiteError(`${unknownName('suite', file, SUITES)}, or a file, such as ./mine.yaml`);
  }
  const path = isName ? join(REPOSITORY, 'benchmarks', 'suites', `${file}.ts`) : resolve(file);
  const module = (await importSuiteFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      throw new SuiteError(`${file} cannot be read as a suite: ${error.message.split('\n')[0]}`);
    }
    throw error;
  })) as { readonly default?: Suite };
  if (module.default?.presets === undefined) {
    throw new SuiteError(`${file} exports no suite; it needs "export default defineSuite({ … })"`);
  }
  return { suite: module.default };
}

/** A suite of one preset, both called like the file. Its entries are still unchecked. */
async function suiteOfYaml(file: string): Promise<LoadedSuite> {
  const written = await readPresetFile(file, 'preset');
  const name = basename(file, extname(file));
  const preset = written.appliedTo({} as Preset);
  return { suite: { name, title: file, defaultPreset: name, presets: { [name]: preset } }, written };
}
