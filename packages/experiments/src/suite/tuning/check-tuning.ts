/** Whether the entry `tuning` of a preset fits its methods and its protocol. */
import { getLoss, lossNames } from '@clce/losses';
import { UserError, unknownName } from '@clce/registry';
import { scoresOf } from '@clce/results';
import { checkMethod } from '../methods/check-method.ts';
import { imagesPerStep } from '../methods/images.ts';
import { titleIn, titleOf } from '../methods/title.ts';
import { type Method, presetSchema, recipeOf, type TunedRange, type TunedValue } from '../preset.ts';
import { entriesAt } from '../preset-entries.ts';
import { SuiteError } from '../suite-error.ts';
import { MOST_DIMENSIONS } from './sobol.ts';
import { canTune, entriesOf, methodsNamed, type Trial, type TunedPreset, trialsOf } from './trials.ts';

/** Every method has the same cost, so these entries of a recipe stay the preset's. */
const COSTS = ['budget', 'batchOf'];

/** @throws SuiteError naming the entry, LossError naming the value of a parameter of a loss */
export function checkTuning(preset: TunedPreset): void {
  const { tuning, losses, protocol } = preset;
  const { space, own = {} } = tuning;
  const [entry, side, reported] =
    protocol.kind === 'few-shot'
      ? (['classes', protocol.classes, 'novel'] as const)
      : (['partition', protocol.partition, 'test'] as const);
  if (side !== reported) {
    throw refused(
      ['protocol', entry],
      `trials choose on validation data, so a tuned preset reports ${reported}, not ${side}`,
    );
  }
  if (protocol.kind === 'few-shot' && protocol.episodeFile !== undefined) {
    throw refused(
      ['protocol', 'episodeFile'],
      'trials draw episodes of other classes than those of the file; leave it out',
    );
  }
  for (const [entry, range] of Object.entries(space)) {
    const path = ['tuning', 'space', entry];
    checkEntry(path, entry, range);
    if (!losses.some((method) => canTune(method, entry))) {
      throw refused(path, 'no loss of this run can have other values of it');
    }
  }
  for (const [name, entries] of Object.entries(own)) checkOwn(preset, name, entries);
  const trials = trialsOf(preset);
  for (const method of losses) checkSpace(preset, method, trials);
  checkEqualCost(preset);
  checkCriterion(preset);
}

function checkOwn({ tuning, losses }: TunedPreset, name: string, entries: Record<string, TunedRange>): void {
  const named = methodsNamed(losses, name);
  if (named.length === 0) {
    throw new SuiteError(unknownName('method of this run with tuned entries', name, losses.map(titleOf)), [
      ...['tuning', 'own', name],
    ]);
  }
  for (const [entry, range] of Object.entries(entries)) {
    const path = ['tuning', 'own', name, entry];
    checkEntry(path, entry, range);
    if (Object.hasOwn(tuning.space, entry)) throw refused(path, 'it is in tuning.space, too; leave one out');
    if (!named.some((method) => canTune(method, entry))) {
      throw refused(path, `${named.map(titleOf).join(' and ')} can have no other values of it`);
    }
  }
}

/** The entry exists, and its range is one. */
function checkEntry(path: readonly string[], entry: string, range: TunedRange): void {
  const [part, name, ...inner] = entry.split('.');
  if ((part !== 'loss' && part !== 'recipe') || name === undefined || inner.length > 0) {
    throw refused(path, 'expected recipe.ENTRY or loss.PARAMETER, such as recipe.learningRate');
  }
  const names =
    part === 'recipe'
      ? entriesAt(['recipe'])!.names
      : [...new Set(lossNames.flatMap((loss) => Object.keys(getLoss(loss).defaults)))];
  if (!names.includes(name)) {
    throw refused(path, unknownName(part === 'recipe' ? 'entry of recipe' : 'parameter', name, names));
  }
  if (part === 'recipe' && name === 'contrastiveGroup') {
    throw refused(
      path,
      'a title tells it, and the trials of a method share a title; sweep it in place of tuning',
    );
  }
  if (part === 'recipe' && COSTS.includes(name)) {
    throw refused(path, 'it changes what a trial costs, which is the same for every method and trial');
  }
  if (range.scale === 'choice') return;
  const { scale, from, to } = range;
  if (!(from < to)) throw refused(path, `expected from < to, got ${from} and ${to}`);
  if (scale === 'log' && from <= 0) throw refused(path, `a log scale begins above 0, got ${from}`);
  if (scale === 'logit' && (from <= 0 || to >= 1)) {
    throw refused(path, `a logit scale lies between 0 and 1, got ${from} to ${to}`);
  }
}

/** Every value that the method tries is one that it can have. */
function checkSpace(preset: TunedPreset, method: Method, trials: readonly Trial[]): void {
  const title = titleOf(method);
  const entries = entriesOf(preset, method);
  if (entries.length === 0) {
    throw refused(['tuning', 'space'], `${title} has no tuned entry, so its trials would all be one`);
  }
  const dimensions = entries.at(-1)!.dimension + 1;
  if (dimensions > MOST_DIMENSIONS) {
    throw refused(['tuning'], `${title} has ${dimensions} entries; expected at most ${MOST_DIMENSIONS}`);
  }
  for (const { entry, range } of entries) {
    const ends = range.scale === 'choice' ? range.values : [range.from, range.to];
    for (const value of ends) checkValue(placeIn(preset, entry), method, entry, value);
  }
  for (const { of, method: tried } of trials) {
    if (of !== titleIn(preset, method)) continue;
    for (const [entry, value] of Object.entries(valuesOf(tried, entries))) {
      checkValue(placeIn(preset, entry), method, entry, value);
    }
    for (const backbone of preset.backbones) {
      checkMethod(tried, recipeOf(preset, backbone, tried), preset.batchSizes);
    }
  }
}

function valuesOf(
  { parameters = {}, recipe = {} }: Method,
  entries: readonly { readonly entry: string }[],
): Record<string, TunedValue> {
  const all: Record<string, unknown> = {
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`loss.${name}`, value])),
    ...Object.fromEntries(Object.entries(recipe).map(([name, value]) => [`recipe.${name}`, value])),
  };
  return Object.fromEntries(entries.map(({ entry }) => [entry, (all[entry] ?? null) as TunedValue]));
}

function placeIn({ tuning }: TunedPreset, entry: string): string[] {
  if (Object.hasOwn(tuning.space, entry)) return ['tuning', 'space', entry];
  const [name] = Object.entries(tuning.own ?? {}).find(([, entries]) => Object.hasOwn(entries, entry))!;
  return ['tuning', 'own', name, entry];
}

function checkValue(path: readonly string[], method: Method, entry: string, value: TunedValue): void {
  if (value === null) return;
  const [part, name] = entry.split('.') as [string, string];
  if (part === 'recipe') {
    const parsed = presetSchema.shape.recipe.partial().safeParse({ [name]: value });
    if (!parsed.success) throw refused(path, `${JSON.stringify(value)}: ${parsed.error.issues[0]!.message}`);
    return;
  }
  try {
    getLoss(method.name).resolve({ ...method.parameters, [name]: value });
  } catch (error) {
    throw error instanceof UserError ? refused(path, error.message) : error;
  }
}

/** Methods of a comparison by tuning have as many steps and images. */
function checkEqualCost(preset: TunedPreset): void {
  for (const backbone of preset.backbones) {
    for (const batchSize of preset.batchSizes) {
      const costs = preset.losses.map((method) => {
        const recipe = recipeOf(preset, backbone, method);
        return { method, cost: [recipe.budget, imagesPerStep({ loss: method, recipe, batchSize })] };
      });
      const [first] = costs;
      const other = costs.find(({ cost }) => JSON.stringify(cost) !== JSON.stringify(first!.cost));
      if (other === undefined) continue;
      const said = ({ method, cost: [budget, images] }: typeof other) =>
        `${titleOf(method)} has a budget of ${JSON.stringify(budget)} and ${String(images)} images a step`;
      throw refused(['tuning'], `methods need equal steps and images: ${said(first!)}, ${said(other)}`);
    }
  }
}

/** Each score of the criterion is measured for every method. */
function checkCriterion({ tuning, protocol, losses }: TunedPreset): void {
  const measured = scoresOf(protocol);
  for (const [at, score] of tuning.criterion.entries()) {
    const path = ['tuning', 'criterion', at];
    const names = score.split('|');
    const unknown = names.find((name) => !measured.includes(name));
    if (unknown !== undefined) throw refused(path, unknownName('score of this protocol', unknown, measured));
    const without = losses.find(
      ({ name }) => !getLoss(name).trainsHead && names.every((one) => one === 'head'),
    );
    if (without !== undefined) {
      throw refused(
        path,
        `${titleOf(without)} trains no head; name what takes its place, such as head|linear-probe`,
      );
    }
  }
}

function refused(path: readonly PropertyKey[], why: string): SuiteError {
  return new SuiteError(`${path.join('.')}: ${why}`, path);
}
