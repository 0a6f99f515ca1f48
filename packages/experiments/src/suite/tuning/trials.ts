/** The trials of a tuned preset: which values each method tries, and the preset that trains them. */
import { getLoss } from '@clce/losses';
import { titleIn, titleOf } from '../methods/title.ts';
import type { Method, Preset, TunedRange, TunedValue, Tuning } from '../preset.ts';
import { type End, openEndAt, valueAt } from './scale.ts';
import { scrambledSobol } from './sobol.ts';

/** A preset with an entry `tuning`. */
export type TunedPreset = Preset & { readonly tuning: Tuning };

export function isTuned(preset: Preset): preset is TunedPreset {
  return preset.tuning !== undefined;
}

/** An entry that a method tries values of. */
export interface TunedEntry {
  /** `recipe.learningRate` or `loss.temperature`. */
  readonly entry: string;
  readonly range: TunedRange;
  /** The coordinate of the points that gives its values. */
  readonly dimension: number;
}

export interface Trial {
  /** From 1 on. */
  readonly number: number;
  /** The title of the tuned method in tables. */
  readonly of: string;
  /** The same as the method gives it. */
  readonly title: string;
  /** The method with the trial's values. Its title names the trial. */
  readonly method: Method;
  readonly values: Readonly<Record<string, TunedValue>>;
  /** The entries whose value lies in the outer share of their range, at an open end. */
  readonly atEdge: readonly EdgeEntry[];
}

export interface EdgeEntry {
  readonly entry: string;
  readonly end: End;
}

/**
 * All trials, trial by trial: an interrupted run has as many of each method. Trial i of every method has the same values of the
 * entries that methods share. It is a function of the tuning's seed and of i.
 */
export function trialsOf(preset: TunedPreset): Trial[] {
  const { trials, seed, edge } = preset.tuning;
  const methods = preset.losses.map((method) => ({ method, entries: entriesOf(preset, method) }));
  return Array.from({ length: trials }, (_, index) => index).flatMap((index) =>
    methods.map(({ method, entries }): Trial => {
      const chosen = entries.map(({ entry, range, dimension }) => {
        const value = valueAt(range, scrambledSobol(index, dimension, seed));
        return { entry, value, end: openEndAt(range, value, edge) };
      });
      const values = Object.fromEntries(chosen.map(({ entry, value }) => [entry, value]));
      const title = titleOf(method);
      return {
        number: index + 1,
        of: titleIn(preset, method),
        title,
        method: { ...withValues(method, values), title: `${title}, trial ${index + 1}` },
        values,
        atEdge: chosen.flatMap(({ entry, end }): EdgeEntry[] => (end === undefined ? [] : [{ entry, end }])),
      };
    }),
  );
}

/**
 * The preset that trains the trials: on the sides of the data that choose and never report, with one seed. Everything that tuning
 * changes of a preset is changed here.
 */
export function trialPreset(preset: TunedPreset): Preset {
  const { tuning, frozen: _, verdicts: __, ...rest } = preset;
  const { protocol, split } = preset;
  const holds = split?.holds === undefined ? {} : { holds: split.holds };
  return {
    ...rest,
    // Of a reserve, trials see the side of development alone, and what it holds out is of the kind that is confirmed.
    ...(split && { split: { side: 'development' as const, ...holds } }),
    losses: trialsOf(preset).map(({ method }) => method),
    seeds: [tuning.trainingSeed ?? preset.seeds[0]!],
    protocol:
      protocol.kind === 'few-shot'
        ? { ...protocol, classes: 'validation' }
        : { ...protocol, partition: 'validation' },
  };
}

/** The preset of the confirmation, whose methods are still those before the choice. */
export function confirmationPreset({ tuning: _, ...preset }: TunedPreset): Preset {
  return preset;
}

/** The methods of a trial under their own titles, in the order of the preset. @param number of the trial, from 1 on */
export function methodsOfTrial(preset: TunedPreset, number: number): Method[] {
  return trialsOf(preset).flatMap((trial) => (trial.number === number ? [chosenMethod(trial)] : []));
}

/** The method as the chosen trial trained it, under its own title. */
export function chosenMethod({ title, method }: Trial): Method {
  return { ...method, title };
}

/**
 * The entries that this method tries values of. A method keeps a value that its own `parameters` or `recipe` give, and has no
 * entry that its loss cannot have.
 */
export function entriesOf({ tuning, losses }: TunedPreset, method: Method): TunedEntry[] {
  const common = Object.entries(tuning.space);
  const own = Object.entries(ownSpaceOf(tuning, losses, method));
  return [...common, ...own].flatMap(([entry, range], dimension) =>
    canTune(method, entry) ? [{ entry, range, dimension }] : [],
  );
}

/** `own` names a method by its title; a name that is no title means every method with this loss. */
function ownSpaceOf({ own = {} }: Tuning, losses: readonly Method[], method: Method): Tuning['space'] {
  return Object.assign(
    {},
    ...Object.entries(own).flatMap(([name, space]) =>
      methodsNamed(losses, name).includes(method) ? [space] : [],
    ),
  ) as Tuning['space'];
}

/** The methods of this title, or otherwise of this loss. */
export function methodsNamed(losses: readonly Method[], name: string): Method[] {
  const titled = losses.filter((method) => titleOf(method) === name);
  return titled.length > 0 ? titled : losses.filter((method) => method.name === name);
}

export function canTune({ name, parameters = {}, recipe = {} }: Method, path: string): boolean {
  const { defaults } = getLoss(name);
  const [part, entry = ''] = path.split('.');
  if (part === 'loss') return Object.hasOwn(defaults, entry) && !Object.hasOwn(parameters, entry);
  // Label smoothing of a recipe becomes a parameter of the loss.
  if (entry === 'labelSmoothing' && (!Object.hasOwn(defaults, entry) || Object.hasOwn(parameters, entry))) {
    return false;
  }
  return !Object.hasOwn(recipe, entry);
}

/** Null leaves the preset's own value. */
function withValues(method: Method, values: Readonly<Record<string, TunedValue>>): Method {
  const changes = (part: string) =>
    Object.entries(values).flatMap(([path, value]) =>
      path.startsWith(`${part}.`) && value !== null ? [[path.slice(part.length + 1), value] as const] : [],
    );
  const [parameters, recipe] = [changes('loss'), changes('recipe')];
  return {
    ...method,
    ...(parameters.length > 0 && {
      parameters: { ...method.parameters, ...Object.fromEntries(parameters) } as Method['parameters'],
    }),
    ...(recipe.length > 0 && {
      recipe: { ...method.recipe, ...Object.fromEntries(recipe) } as Method['recipe'],
    }),
  };
}
