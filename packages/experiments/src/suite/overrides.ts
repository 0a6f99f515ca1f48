/** Changes of a preset by flags of a command line. They apply before the preset is checked. */

import { isMapping } from '@clce/files';
import { getLoss, lossNames } from '@clce/losses';
import { unknownName } from '@clce/registry';
import { readYaml } from './file/yaml.ts';
import { parseSweep, type Sweep, sweptMethods } from './methods/sweep.ts';
import { titleOf, withChange } from './methods/title.ts';
import { budgetUnits, type Method, type Preset, withMethods } from './preset.ts';
import { entriesAt } from './preset-entries.ts';
import { SuiteError } from './suite-error.ts';
import { methodsNamed } from './tuning/trials.ts';

export interface Overrides {
  readonly datasets?: readonly string[];
  readonly backbones?: readonly string[];
  readonly losses?: readonly string[];
  readonly seeds?: readonly number[];
  readonly batchSizes?: readonly number[];
  /** `backbone=file`. */
  readonly weights?: readonly string[];
  /** `name=model.onnx`. */
  readonly frozen?: readonly string[];
  readonly engine?: string;
  /** `path=value`: `recipe.budget.steps=100`, `protocol.shots=[1, 5]`, `loss.lambda=0.5` (every loss that has a λ). */
  readonly set?: readonly string[];
  /** `loss.lambda=0.1,0.5` or `recipe.learningRate=0.001,0.003`: a row for each value, and for each combination with other sweeps. */
  readonly sweep?: readonly (string | Sweep)[];
}

/**
 * The preset with the overrides in place, still unchecked.
 *
 * @throws SuiteError on a path that does not exist, LossError on an unknown loss
 */
export function applyOverrides(preset: Preset, overrides: Overrides): unknown {
  const { datasets, backbones, losses, seeds, batchSizes, engine, weights, frozen } = overrides;
  const { set = [], sweep = [] } = overrides;
  const changed = structuredClone({
    ...preset,
    ...(datasets && { datasets }),
    ...(backbones && { backbones }),
    ...(losses && { losses: losses.flatMap((name) => chosenMethods(preset, name)) }),
    ...(seeds && { seeds }),
    ...(batchSizes && { batchSizes }),
    ...(engine && { engine }),
    ...(weights && { weights: { ...preset.weights, ...filesOf('--weights', weights) } }),
    ...(frozen && { frozen: { ...preset.frozen, ...frozenModels(frozen) } }),
  }) as Preset;
  if (losses !== undefined) dropLeftOut(changed, preset.losses);
  for (const assignment of set) assign(changed, assignment);
  if (sweep.length === 0) return changed;
  const sweeps = sweep.map((one) => (typeof one === 'string' ? parseSweep(one) : one));
  return { ...changed, losses: sweptMethods(changed, sweeps) };
}

/** Ranges and comparisons of methods that the flags leave out go with them. */
function dropLeftOut(changed: Preset, before: readonly Method[]): void {
  const { tuning, losses, verdicts } = changed;
  if (verdicts?.comparisons !== undefined) {
    const titles = (methods: readonly Method[]) => new Set(methods.map(titleOf));
    const [had, has] = [titles(before), titles(losses)];
    const left = verdicts.comparisons.filter((pair) =>
      pair.every((title) => has.has(title) || !had.has(title)),
    );
    const { comparisons: _, ...rest } = verdicts;
    changed.verdicts = left.length > 0 ? { ...rest, comparisons: left } : rest;
  }
  for (const name of Object.keys(tuning?.own ?? {})) {
    const isLeftOut = methodsNamed(before, name).length > 0 && methodsNamed(losses, name).length === 0;
    if (isLeftOut) delete tuning!.own![name];
  }
}

/** Parses repeated `name=file` to files by name. */
function filesOf(flag: string, assignments: readonly string[]): Record<string, string> {
  const entries = assignments.map((assignment) => {
    const [, name, file] = /^([^=]+)=(.+)$/s.exec(assignment) ?? [];
    if (name === undefined || file === undefined) {
      throw new SuiteError(`${flag} ${assignment}: expected name=file, such as vit-base=vit.safetensors`);
    }
    return [name, file] as const;
  });
  return Object.fromEntries(entries);
}

function frozenModels(assignments: readonly string[]): Record<string, { file: string }> {
  const files = Object.entries(filesOf('--frozen', assignments));
  return Object.fromEntries(files.map(([name, file]) => [name, { file }]));
}

/** The preset's methods of this title or loss, with their parameters; otherwise the loss with its defaults. */
function chosenMethods(preset: Preset, name: string): Method[] {
  const titled = preset.losses.filter(({ title }) => title === name);
  const named = preset.losses.filter((method) => method.name === name);
  return [titled, named, [{ name }]].find(({ length }) => length > 0)!;
}

/** The two sides of an assignment. @throws SuiteError if it has none, or if the value is no YAML */
export function readAssignment(assignment: string): { path: string; value: unknown } {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) {
    throw new SuiteError(`--set ${assignment}: expected path=value, such as recipe.budget.steps=100`);
  }
  return { path, value: readYaml(text, () => `--set ${assignment}`).value };
}

function assign(preset: Preset, assignment: string): void {
  const { path, value } = readAssignment(assignment);
  if (path.startsWith('loss.')) {
    assignLossParameter(preset, path.slice('loss.'.length), value);
    return;
  }
  const keys = path.split('.');
  const last = keys.pop()!;
  let target: Record<string, unknown> = preset;
  for (const [depth, key] of keys.entries()) {
    requireEntry(preset, keys.slice(0, depth), key, assignment);
    if (!Object.hasOwn(target, key)) target[key] = {};
    const next = target[key];
    if (!isMapping(next)) throw noEntries(assignment, keys.slice(0, depth + 1));
    target = next;
  }
  requireEntry(preset, keys, last, assignment);
  // A budget has one unit, so the new entry replaces the old one.
  if (keys.at(-1) === 'budget') for (const unit of budgetUnits) delete target[unit];
  Object.assign(target, withMethods({ [last]: value }));
}

/** @throws SuiteError naming the closest entry and all entries, unless a preset may have that one there */
function requireEntry(preset: Preset, path: readonly string[], key: string, assignment: string): void {
  const entries = entriesAt(path, preset.protocol.kind);
  if (entries === undefined) throw noEntries(assignment, path);
  if (entries.names.includes(key) || (entries.open && key !== '__proto__')) return;
  const choices = path.length === 0 ? [...entries.names, 'loss.…'] : entries.names;
  throw new SuiteError(
    `--set ${assignment}: ${unknownName(path.length === 0 ? 'entry' : `entry of ${path.join('.')}`, key, choices)}`,
  );
}

function noEntries(assignment: string, path: readonly string[]): SuiteError {
  return new SuiteError(`--set ${assignment}: ${path.join('.')} has no entries; set it as a whole`);
}

function assignLossParameter(preset: Preset, parameter: string, value: unknown): void {
  const having = preset.losses.filter(({ name }) => Object.hasOwn(getLoss(name).defaults, parameter));
  if (having.length === 0) {
    const known = [...new Set(lossNames.flatMap((name) => Object.keys(getLoss(name).defaults)))];
    throw new SuiteError(
      `--set loss.${parameter}: no loss of this run has it; ${unknownName('parameter', parameter, known)}`,
    );
  }
  for (const loss of having) {
    const before = { ...getLoss(loss.name).defaults, ...loss.parameters }[parameter];
    // A title that was given does not say what is changed after it.
    if (loss.title !== undefined && value !== before)
      loss.title = withChange(titleOf(loss), parameter, value);
    loss.parameters = { ...loss.parameters, [parameter]: value as number };
  }
}
