import { type Backbone, backbones, getBackbone } from '@clce/backbones';
import { getDataset } from '@clce/datasets';
import { AUTO_ENGINE, getEngine } from '@clce/engine';
import { getLoss, lossNames } from '@clce/losses';
import { unknownName } from '@clce/registry';
import { isDrawable } from '@clce/text';
import { getFewShotClassifier } from '../evaluation/classifiers/index.ts';
import { checkMethod } from './methods/check-method.ts';
import { titleOf } from './methods/title.ts';
import { checkVerdicts } from './methods/verdict-plan.ts';
import { type Method, type Preset, presetSchema, recipeOf, undrawable, withMethods } from './preset.ts';
import { entriesAt, expectation } from './preset-entries.ts';
import { atEntry, SuiteError } from './suite-error.ts';
import { checkTuning } from './tuning/check-tuning.ts';
import { isTuned } from './tuning/trials.ts';

/**
 * Checks every name and number of a preset, so that a mistake shows before the first cell runs. An alias of a data set becomes its
 * name.
 *
 * @throws SuiteError naming the entry, the parameter of a loss, or an unknown name and the choices
 */
export function checkPreset(candidate: unknown): Preset {
  refusePrototypes(candidate, []);
  const isObject = typeof candidate === 'object' && candidate !== null;
  const parsed = presetSchema.safeParse(isObject ? withMethods(candidate) : candidate, {
    error: expectation,
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue!.path.join('.') || 'the preset';
    if (issue!.code !== 'unrecognized_keys') throw new SuiteError(`${place}: ${issue!.message}`, issue!.path);
    const [key] = issue!.keys as [string];
    const names = entriesAt(issue!.path)?.names ?? [];
    throw new SuiteError(`${place}: ${unknownName('entry', key, names)}`, [...issue!.path, key]);
  }
  const { datasets, engine } = parsed.data;
  const preset = {
    ...parsed.data,
    datasets: datasets.map((one, at) => atEntry(['datasets', at], () => getDataset(one).name)),
    // A key names the engine that computes, so the choice `auto` is resolved here.
    engine: engine === 'auto' ? AUTO_ENGINE : atEntry(['engine'], () => getEngine(engine).name),
  };
  checkDatasets(datasets, preset.datasets);
  for (const [at, { name: loss, parameters }] of preset.losses.entries()) {
    const { resolve } = atEntry(['losses', at, 'name'], () => getLoss(loss));
    atEntry(['losses', at, 'parameters'], () => resolve(parameters));
  }
  for (const [at, backbone] of preset.backbones.entries()) {
    checkDropPath(
      preset,
      atEntry(['backbones', at], () => getBackbone(backbone)),
    );
    for (const one of preset.losses) checkMethod(one, recipeOf(preset, backbone, one), preset.batchSizes);
  }
  for (const backbone of Object.keys(preset.recipes ?? {})) {
    if (preset.backbones.includes(backbone)) continue;
    throw new SuiteError(unknownName('backbone of this run with a recipe', backbone, preset.backbones));
  }
  const without = Object.keys(preset.weights ?? {}).find((backbone) => !preset.backbones.includes(backbone));
  if (without !== undefined) {
    throw new SuiteError(unknownName('backbone of this run with weights', without, preset.backbones));
  }
  checkTitles(preset.losses);
  checkFrozenNames(Object.keys(preset.frozen ?? {}));
  checkSplit(preset);
  checkVerdicts(preset);
  if (preset.protocol.kind === 'few-shot') {
    for (const [at, classifier] of preset.protocol.classifiers.entries()) {
      atEntry(['protocol', 'classifiers', at], () => getFewShotClassifier(classifier));
    }
  }
  if (isTuned(preset)) checkTuning(preset);
  return preset;
}

/** The schema leaves an entry of this name out without a word. */
function refusePrototypes(value: unknown, path: readonly PropertyKey[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, entry] of Object.entries(value)) {
    if (key === '__proto__') {
      throw new SuiteError(`${path.join('.') || 'the preset'}: no entry can be called "__proto__"`, path);
    }
    refusePrototypes(entry, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

/** Two names of one data set. */
function checkDatasets(named: readonly string[], datasets: readonly string[]): void {
  const at = datasets.findIndex((name, place) => datasets.indexOf(name) < place);
  if (at < 0) return;
  const [first, second] = [named[datasets.indexOf(datasets[at]!)]!, named[at]!];
  throw new SuiteError(`datasets: ${datasets[at]} is listed twice, as ${first} and ${second}`, ['datasets']);
}

function checkDropPath(preset: Preset, { name: backbone, residualBranches }: Backbone): void {
  const drops = preset.losses.some((method) => recipeOf(preset, backbone, method).dropPath !== undefined);
  if (drops && residualBranches === undefined) {
    throw new SuiteError(`recipe.dropPath: ${backbone} has no residual branches that could be dropped`, [
      'recipe',
      'dropPath',
    ]);
  }
}

/** Choices are made on the validation side of development alone, and confirmation has no such side. */
function checkSplit({ split, protocol }: Preset): void {
  if (split === undefined) return;
  const isConfirmation = split.side === 'confirmation';
  const [entry, value, expected] =
    protocol.kind === 'few-shot'
      ? ['protocol.classes', protocol.classes, isConfirmation ? 'novel' : 'validation']
      : ['protocol.partition', protocol.partition, isConfirmation ? 'test' : 'validation'];
  if (value !== expected) {
    throw new SuiteError(`${entry}: the split's side "${split.side}" needs "${expected}", not "${value}"`, [
      ...entry.split('.'),
    ]);
  }
  checkHolds(split.holds, protocol);
  const { folds = 0, use = [] } = split;
  if (folds === 0 && use.length > 0)
    throw new SuiteError('split.use: there are no folds; set split.folds or leave this entry out', [
      'split',
      'use',
    ]);
  const beyond = use.find((fold) => fold >= folds);
  if (beyond !== undefined) {
    throw new SuiteError(
      `split.use: ${folds} folds are numbered from 0 to ${folds - 1}; there is no fold ${beyond}`,
      ['split', 'use'],
    );
  }
}

/** What the protocol measures must be held out. */
function checkHolds(holds: NonNullable<Preset['split']>['holds'], protocol: Preset['protocol']): void {
  const measuresSamples = protocol.kind === 'transfer' || protocol.seenClasses !== undefined;
  const [isHeld, what] =
    holds === 'samples' && protocol.kind === 'few-shot'
      ? [false, 'episodes, which need classes that are held out']
      : [holds !== 'classes' || !measuresSamples, 'new samples of trained classes, which must be held out'];
  if (isHeld) return;
  throw new SuiteError(`split.holds: "${holds}" does not fit the protocol: it measures ${what}`, [
    'split',
    'holds',
  ]);
}

/** What tables write in place of the loss of a baseline, and of the backbone of raw pixels. */
const BASELINES = ['none', 'raw pixels'];

function checkFrozenNames(names: readonly string[]): void {
  const taken = names.find((name) => BASELINES.includes(name) || backbones.some((one) => one.name === name));
  if (taken === undefined) return;
  throw new SuiteError(`frozen: a baseline or a backbone is called "${taken}"; give the model another name`, [
    'frozen',
  ]);
}

function checkTitles(methods: readonly Method[]): void {
  const titles = methods.map(titleOf);
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice !== undefined) {
    throw new SuiteError(`two losses are called "${twice}": give one of them a title of its own`);
  }
  const baseline = titles.find((title) => BASELINES.includes(title));
  if (baseline !== undefined) {
    throw new SuiteError(`losses: tables call a baseline "${baseline}"; give the loss another title`, [
      'losses',
    ]);
  }
  for (const [at, method] of methods.entries()) requireOwnTitle(method, at);
  // A loss of the user's brings a title that no preset has shown.
  const hidden = titles.find((title) => !isDrawable(title));
  if (hidden !== undefined) throw new SuiteError(`losses: the title ${undrawable(hidden)}`, ['losses']);
}

/** The title of a loss alone says that the loss is at its defaults: a row with λ = 0.5 is not called CLCE. */
function requireOwnTitle(method: Method, at: number): void {
  const title = titleOf(method);
  const meant = lossNames.map(getLoss).find((loss) => loss.title === title);
  if (meant === undefined) return;
  const { name, parameters = {}, recipe: { labelSmoothing } = {} } = method;
  const smoothing = labelSmoothing === undefined ? {} : { labelSmoothing };
  const said = titleOf({ name, parameters: { ...smoothing, ...parameters } });
  if (meant.name === name && said === title) return;
  const is = said === title ? `the loss ${name}` : said;
  throw new SuiteError(
    `losses: the title "${title}" is that of ${meant.name} at its defaults, but the method is ${is}; give it another title`,
    ['losses', at, 'title'],
  );
}
