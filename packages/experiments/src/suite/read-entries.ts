/** Whether every `--set` and `--sweep` changes what a cell computes or a table shows. */
import { isDeepStrictEqual } from 'node:util';
import { type CellSpec, expand, type LabelledSpec } from './cell.ts';
import { checkPreset } from './check-preset.ts';
import { inputPaths } from './input-files.ts';
import { imagesPerStep } from './methods/images.ts';
import { applyOverrides, type Overrides, readAssignment } from './overrides.ts';
import type { Preset, Recipe } from './preset.ts';
import { SuiteError } from './suite-error.ts';
import { confirmationPreset, isTuned, methodsOfTrial, trialPreset } from './tuning/trials.ts';

/**
 * @param preset before the overrides
 * @param changed the checked preset with all of them
 * @throws SuiteError naming the first assignment, or two rows of a sweep, whose change no step of this run reads
 */
export function requireRead(preset: Preset, overrides: Overrides, changed: Preset): void {
  const { set = [], sweep = [] } = overrides;
  for (const [at, assignment] of set.entries()) {
    const without = presetOf(preset, { ...overrides, set: set.filter((_, other) => other !== at) });
    // The others need this one, or the value was there already.
    if (without === undefined || JSON.stringify(without) === JSON.stringify(changed)) continue;
    if (whatIsRead(without) !== whatIsRead(changed) || isReadAs(assignment, changed)) continue;
    throw new SuiteError(
      `--set ${assignment}: no step of this run reads it, because another entry takes its place; leave it out`,
    );
  }
  if (sweep.length > 0) requireDifferentRows(changed);
}

function requireDifferentRows(preset: Preset): void {
  const titles = new Map<string, string>();
  for (const { spec, facts } of cellsOfOneSeed(preset)) {
    if (facts.kind !== 'training') continue;
    const read = JSON.stringify(readOf(spec));
    const same = titles.get(read);
    if (same !== undefined) {
      throw new SuiteError(
        `sweep: "${same}" and "${facts.loss}" differ in nothing that a step of this run reads; leave one of them out`,
      );
    }
    titles.set(read, facts.loss);
  }
}

function presetOf(preset: Preset, overrides: Overrides): Preset | undefined {
  try {
    return checkPreset(applyOverrides(preset, overrides));
  } catch {
    return undefined;
  }
}

/** What the cells read, and what readers of the table are told. */
function whatIsRead(preset: Preset): string {
  const cells = cellsOfOneSeed(preset);
  const { note, seeds, verdicts, tuning } = preset;
  const read = cells.map(({ label, spec }) => [label, readOf(spec)]);
  return JSON.stringify([note, seeds, verdicts, tuning, read]);
}

/** Whether a cell reads the assigned value, which is then the default that it had before. */
function isReadAs(assignment: string, preset: Preset): boolean {
  const { path, value } = readAssignment(assignment);
  const keys = path.replace(/^loss\./, 'loss.parameters.').split('.');
  const valueIn = (cell: unknown) =>
    keys.reduce((entry, key) => (entry as Record<string, unknown> | undefined)?.[key], cell);
  return cellsOfOneSeed(preset).some(({ spec }) => isDeepStrictEqual(valueIn(readOf(spec)), value));
}

/** The cells of the other seeds differ in their seed alone, and there may be thousands. */
function cellsOfOneSeed(preset: Preset): LabelledSpec[] {
  // Here a path stands for the hash of its file.
  const manifests = new Map(preset.datasets.map((name) => [name, '']));
  const cellsOf = (one: Preset) =>
    expand({ ...one, seeds: one.seeds.slice(0, 1) }, manifests, inputPaths(one));
  if (!isTuned(preset)) return cellsOf(preset);
  // Any trial may be chosen, and all of them have a value of each tuned entry.
  const losses = methodsOfTrial(preset, 1);
  return [...cellsOf(trialPreset(preset)), ...cellsOf({ ...confirmationPreset(preset), losses })];
}

function readOf(spec: CellSpec): unknown {
  if (spec.kind !== 'training') return spec;
  return { ...spec, recipe: readOfRecipe(spec.recipe, imagesPerStep(spec)) };
}

/** The recipe without the entries that its other entries make idle. */
function readOfRecipe(recipe: Recipe, images: number): Partial<Recipe> {
  const { baseBatchSize, crop, microBatch, ...rest } = recipe;
  return {
    ...rest,
    ...(recipe.learningRateRule !== 'none' && { baseBatchSize }),
    ...(recipe.resizedCrop === undefined && { crop }),
    ...(microBatch !== undefined && microBatch < images && { microBatch }),
  };
}
