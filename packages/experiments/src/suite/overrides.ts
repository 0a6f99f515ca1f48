/** Changes of a preset by flags of a command line. They apply before the preset is checked. */

import { findLoss, lossNames } from '@clce/losses';
import { budgetUnits, fewShotEntries, type Method, type Preset, recipeEntries } from './suite.ts';
import { SuiteError } from './suite-error.ts';
import { readYaml } from './yaml.ts';

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
}

/**
 * The preset with the overrides in place, still unchecked.
 *
 * @throws SuiteError on a path that does not exist, LossError on an unknown loss
 */
export function applyOverrides(preset: Preset, overrides: Overrides): unknown {
  const { datasets, backbones, losses, seeds, batchSizes, engine, weights, frozen, set = [] } = overrides;
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
  for (const assignment of set) assign(changed, assignment);
  return changed;
}

/** Parses repeated `name=file` to files by name. */
function filesOf(flag: string, assignments: readonly string[]): Record<string, string> {
  const entries = assignments.map((assignment) => {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(assignment) ?? [];
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

function assign(preset: Preset, assignment: string): void {
  const [, path, text] = /^([\w.-]+)=(.*)$/s.exec(assignment) ?? [];
  if (path === undefined || text === undefined) {
    throw new SuiteError(`--set ${assignment}: expected path=value, such as recipe.budget.steps=100`);
  }
  const { value } = readYaml(text, () => `--set ${assignment}`);
  if (path.startsWith('loss.')) {
    assignLossParameter(preset, path.slice('loss.'.length), value);
    return;
  }
  const keys = path.split('.');
  const last = keys.pop()!;
  let target: unknown = preset;
  for (const key of keys) target = isRecord(target) ? target[key] : undefined;
  const entries = isRecord(target) ? entriesOf(target, preset) : [];
  if (!isRecord(target) || !entries.includes(last)) {
    const choices = isRecord(target) ? entries : [...Object.keys(preset), 'loss.…'];
    throw new SuiteError(
      `--set ${assignment}: there is no entry "${path}". Available: ${choices.join(', ')}`,
    );
  }
  // A budget has one unit, so the new entry replaces the old one.
  if (keys.at(-1) === 'budget') for (const unit of budgetUnits) delete target[unit];
  target[last] = value;
}

/** Names that may be set at this place. A recipe and a protocol also accept entries that they leave out; a budget accepts each unit. */
function entriesOf(target: Record<string, unknown>, preset: Preset): readonly string[] {
  const recipes: readonly unknown[] = [preset.recipe, ...Object.values(preset.recipes ?? {})];
  if (recipes.includes(target)) return recipeEntries;
  if (budgetUnits.some((unit) => unit in target)) return budgetUnits;
  if (target === preset.protocol && preset.protocol.kind === 'few-shot') return fewShotEntries;
  return Object.keys(target);
}

function assignLossParameter(preset: Preset, parameter: string, value: unknown): void {
  const having = preset.losses.filter(({ name }) => parameter in findLoss(name).defaults);
  if (having.length === 0) {
    const known = [...new Set(lossNames().flatMap((name) => Object.keys(findLoss(name).defaults)))];
    throw new SuiteError(`--set loss.${parameter}: no loss of this run has it. Known: ${known.join(', ')}`);
  }
  for (const loss of having) loss.parameters = { ...loss.parameters, [parameter]: value as number };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
