/** Which entries a preset may have at a place of it, those that may be absent included. */
import { z } from 'zod';
import { type Preset, presetSchema } from './preset.ts';

type Shape = z.core.JSONSchema.JSONSchema;

export interface Entries {
  /** Names of entries. */
  readonly names: readonly string[];
  /** Whether any other name may be there too: a backbone, a frozen model. */
  readonly open: boolean;
}

/**
 * @param path keys from the preset down; places of lists are numbers
 * @param protocol the kind of the preset's protocol, whose entries alone count
 * @returns undefined where the preset has no object
 */
export function entriesAt(
  path: readonly PropertyKey[],
  protocol?: Preset['protocol']['kind'],
): Entries | undefined {
  let shapes = alternatives(
    [z.toJSONSchema(presetSchema, { io: 'input', unrepresentable: 'any' })],
    protocol,
  );
  for (const key of path)
    shapes = alternatives(
      shapes.flatMap((shape) => within(shape, key)),
      protocol,
    );
  const objects = shapes.filter(({ type }) => type === 'object');
  if (objects.length === 0) return undefined;
  return {
    names: [...new Set(objects.flatMap(({ properties = {} }) => Object.keys(properties)))],
    open: objects.some(({ additionalProperties }) => typeof additionalProperties === 'object'),
  };
}

function within(
  { properties = {}, additionalProperties, items }: Shape,
  key: PropertyKey,
): z.core.JSONSchema._JSONSchema[] {
  if (typeof key === 'number') return items === undefined || Array.isArray(items) ? [] : [items];
  if (Object.hasOwn(properties, key)) return [properties[String(key)]!];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
}

/** The shapes with each choice of a union in its place. */
function alternatives(
  shapes: readonly z.core.JSONSchema._JSONSchema[],
  protocol: string | undefined,
): Shape[] {
  return shapes.flatMap((shape): Shape[] => {
    if (typeof shape === 'boolean') return [];
    const choices = shape.anyOf ?? shape.oneOf;
    if (choices !== undefined) return alternatives(choices, protocol);
    const kind = shape.properties?.['kind'];
    const isOther = typeof kind === 'object' && protocol !== undefined && kind.const !== protocol;
    return isOther ? [] : [shape];
  });
}

const NOUNS: Readonly<Record<string, string>> = {
  array: 'a list, such as [0, 1]',
  object: 'entries, such as { name: value }',
  record: 'entries, such as { name: value }',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** What a preset should have had in a wrong entry's place, in the words of YAML. @returns undefined where zod's own words serve */
export function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  const { code, input } = issue;
  if (code === 'invalid_type') {
    const noun = NOUNS[issue.expected];
    if (noun === undefined) return undefined;
    return input === undefined ? `missing; expected ${noun}` : `expected ${noun}, not ${shown(input)}`;
  }
  if (input === undefined) return undefined;
  if (code === 'invalid_union' && Array.isArray(issue['options'])) {
    const { [String(issue['discriminator'])]: value } = input as Readonly<Record<string, unknown>>;
    return `expected ${listed(issue['options'])}, not ${shown(value)}`;
  }
  if (code === 'invalid_value') return `expected ${listed(issue.values)}, not ${shown(input)}`;
  return undefined;
}

function listed(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value) ?? String(value));
  return texts.length === 1 ? texts[0]! : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

/** A long value makes no message clearer. */
function shown(input: unknown): string {
  const text = JSON.stringify(input) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
