/** Titles that say what a method changes. */
import { getLoss } from '@clce/losses';
import { GROUP_IN_TITLES } from '@clce/results';
import type { Method, Preset } from '../preset.ts';

/** The papers' symbols and short words, in place of the names of entries. */
const SYMBOLS: Readonly<Record<string, string>> = {
  lambda: 'λ',
  temperature: 'τ',
  hardness: 'β',
  contrastiveGroup: GROUP_IN_TITLES,
};

/**
 * The method's own title. Otherwise the loss's title, followed by each parameter that is not at its default and by each entry of
 * the method's recipe: `CLCE, λ = 0.1`.
 */
export function titleOf({ name, title, parameters = {}, recipe = {} }: Method): string {
  if (title !== undefined) return title;
  const loss = getLoss(name);
  const changed = Object.entries(parameters).filter(([entry, value]) => value !== loss.defaults[entry]);
  return [...changed, ...Object.entries(recipe)].reduce(
    (whole, [entry, value]) => withChange(whole, entry, value),
    loss.title,
  );
}

/** The title in the rows of a preset. A row that contrasts within groups says so, where the preset's recipe has the group, too. */
export function titleIn({ recipe: { contrastiveGroup } }: Pick<Preset, 'recipe'>, method: Method): string {
  const title = titleOf(method);
  const isTold = method.recipe?.contrastiveGroup !== undefined || getLoss(method.name).contrasts === false;
  return contrastiveGroup === undefined || isTold
    ? title
    : withChange(title, 'contrastiveGroup', contrastiveGroup);
}

/** The title, followed by the entry and its value. Entries inside of an entry are told one by one. */
export function withChange(title: string, entry: string, value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).reduce(
      (whole, [inner, one]) => withChange(whole, `${entry}.${inner}`, one),
      title,
    );
  }
  const [, unit] = /^budget\.(.+)$/.exec(entry) ?? [];
  if (unit !== undefined) return `${title}, ${String(value)} ${value === 1 ? unit.slice(0, -1) : unit}`;
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `${title}, ${SYMBOLS[entry] ?? entry} = ${shown}`;
}
