/** Grids: a method for each combination of the swept values. */
import { getLoss, lossNames } from '@clce/losses';
import { UserError, unknownName } from '@clce/registry';
import { readYaml } from '../file/yaml.ts';
import { type Method, type Preset, presetSchema } from '../preset.ts';
import { entriesAt } from '../preset-entries.ts';
import { atEntry, SuiteError } from '../suite-error.ts';
import { titleOf, withChange } from './title.ts';

/** An entry that several values are tried of. */
export interface Sweep {
  /** `loss.lambda`, for each loss that has a λ, or `recipe.learningRate`, for every loss. */
  readonly entry: string;
  readonly values: readonly unknown[];
  /** What the user wrote, for errors. */
  readonly written: string;
  /** Its place in a YAML file; empty for a flag. */
  readonly path: readonly PropertyKey[];
}

/** `loss.lambda=0.1,0.5`. @throws SuiteError where it is something else */
export function parseSweep(text: string): Sweep {
  const written = `--sweep ${text}`;
  const [, entry, values] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (entry === undefined || values === undefined || values.trim() === '') {
    throw new SuiteError(`${written}: expected entry=values, such as loss.lambda=0.1,0.5`);
  }
  const { value } = readYaml(`[${values}]`, () => written);
  if (!Array.isArray(value)) throw new SuiteError(`${written}: expected values between commas`);
  return { entry, values: value, written, path: [] };
}

/** The entry `sweep` of a YAML file: lists of values by entry. @throws SuiteError where it is something else */
export function sweepsIn(entries: unknown): Sweep[] {
  if (entries === undefined) return [];
  if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
    throw new SuiteError('sweep: expected lists of values by entry, such as { loss.lambda: [0.1, 0.5] }', [
      'sweep',
    ]);
  }
  return Object.entries(entries).map(([entry, values]: [string, unknown]) => {
    const path = ['sweep', entry];
    if (!Array.isArray(values) || values.length === 0) {
      throw new SuiteError(`sweep.${entry}: expected a list of values, such as [0.1, 0.5]`, path);
    }
    return { entry, values: values as unknown[], written: `sweep.${entry}`, path };
  });
}

/**
 * The preset's methods, each once for every combination of values, with titles that name the values: `CLCE, λ = 0.1`. A method that
 * has no such parameter stays as it is, and so does one that brings a value of its own.
 *
 * @throws SuiteError naming the sweep: of no parameter or entry, of a value out of range, of a value that makes a duplicate
 */
export function sweptMethods(preset: Preset, sweeps: readonly Sweep[]): Method[] {
  for (const [at, { name }] of preset.losses.entries()) {
    atEntry(['losses', at, 'name'], () => getLoss(name));
  }
  let methods = preset.losses;
  for (const [at, sweep] of sweeps.entries()) {
    const { entry } = sweep;
    if (sweeps.findIndex((other) => other.entry === entry) < at) {
      throw refused(sweep, `${entry} is swept twice`);
    }
    requireDifferent(sweep);
    methods = entry.startsWith('loss.')
      ? overParameter(methods, sweep, entry.slice('loss.'.length))
      : overRecipe(preset, methods, sweep);
  }
  requireOneOfAKind(methods, sweeps);
  return methods;
}

function requireOneOfAKind(methods: readonly Method[], sweeps: readonly Sweep[]): void {
  const known = new Map<string, Method>();
  for (const method of methods) {
    const { name, parameters, recipe } = method;
    const identity = JSON.stringify([name, getLoss(name).resolve(parameters), recipe]);
    const same = known.get(identity);
    if (same !== undefined) {
      const written = sweeps.map((sweep) => sweep.written).join(' ');
      throw new SuiteError(
        `${written}: "${titleOf(same)}" and "${titleOf(method)}" are the same method; leave one of them out`,
        sweeps.at(-1)!.path,
      );
    }
    known.set(identity, method);
  }
}

function requireDifferent(sweep: Sweep): void {
  const spelled = sweep.values.map((value) => JSON.stringify(value));
  const twice = spelled.find((one, at) => spelled.indexOf(one) < at);
  if (twice !== undefined) throw refused(sweep, `${twice} is listed twice`);
}

function overParameter(methods: readonly Method[], sweep: Sweep, parameter: string): Method[] {
  const having = methods.filter(({ name }) => Object.hasOwn(getLoss(name).defaults, parameter));
  if (having.length === 0) {
    const known = [...new Set(lossNames.flatMap((name) => Object.keys(getLoss(name).defaults)))];
    throw refused(sweep, `no loss of this run has it; ${unknownName('parameter', parameter, known)}`);
  }
  const open = having.filter(({ parameters = {} }) => !Object.hasOwn(parameters, parameter));
  if (open.length === 0) {
    throw refused(
      sweep,
      `${having.map(titleOf).join(' and ')} have a value of their own; leave it out there`,
    );
  }
  return methods.flatMap((method) => {
    if (!open.includes(method)) return [method];
    return sweep.values.map((value) => {
      const parameters = { ...method.parameters, [parameter]: value as number };
      try {
        getLoss(method.name).resolve(parameters);
      } catch (error) {
        throw error instanceof UserError ? refused(sweep, error.message) : error;
      }
      return { ...method, parameters, title: withChange(titleOf(method), parameter, value) };
    });
  });
}

function overRecipe(preset: Preset, methods: readonly Method[], sweep: Sweep): Method[] {
  const [first, entry, ...inner] = sweep.entry.split('.');
  if (first !== 'recipe' || entry === undefined || inner.length > 1) {
    throw refused(sweep, 'expected loss.PARAMETER or recipe.ENTRY, such as loss.lambda=0.1,0.5');
  }
  for (const [depth, key] of [entry, ...inner].entries()) {
    const path = ['recipe', entry].slice(0, depth + 1);
    const names = entriesAt(path, preset.protocol.kind)?.names;
    if (names === undefined) throw refused(sweep, `${path.join('.')} has no entries`);
    if (!names.includes(key)) throw refused(sweep, unknownName(`entry of ${path.join('.')}`, key, names));
  }
  const isIdle = ({ name }: Method) => entry === 'contrastiveGroup' && getLoss(name).contrasts === false;
  const open = methods.filter((method) => !Object.hasOwn(method.recipe ?? {}, entry) && !isIdle(method));
  if (open.length === 0) {
    const some = methods.some(isIdle);
    throw refused(
      sweep,
      some ? 'no loss of this run reads it there' : 'every loss of this run has a value of its own there',
    );
  }
  const own = preset.recipe[entry as keyof Preset['recipe']];
  return methods.flatMap((method) => {
    if (!open.includes(method)) return [method];
    return sweep.values.map((value) => {
      // A budget has one unit, so the new entry replaces the old one.
      const others = entry === 'budget' || typeof own !== 'object' ? {} : own;
      const whole = inner.length === 0 ? value : { ...others, [inner[0]!]: value };
      const parsed = presetSchema.shape.recipe.partial().safeParse({ [entry]: whole });
      if (!parsed.success)
        throw refused(sweep, `${JSON.stringify(value)}: ${parsed.error.issues[0]!.message}`);
      const recipe = { ...method.recipe, ...parsed.data };
      return { ...method, recipe, title: withChange(titleOf(method), [entry, ...inner].join('.'), value) };
    });
  });
}

function refused({ written, path }: Sweep, why: string): SuiteError {
  return new SuiteError(`${written}: ${why}`, path);
}
