/** Titles that say what a method changes. */
import { getLoss } from '@clce/losses';
import type { Method } from '../preset.ts';

/** Symbols of the papers, in place of the names of parameters. */
const SYMBOLS: Readonly<Record<string, string>> = { lambda: 'λ', temperature: 'τ', hardness: 'β' };

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

/** The title, followed by the entry and its value. Entries inside of an entry are told one by one. */
export function withChange(title: string, entry: string, value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).reduce(
      (whole, [inner, one]) => withChange(whole, `${entry}.${inner}`, one),
      title,
    );
  }
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return `${title}, ${SYMBOLS[entry] ?? entry} = ${shown}`;
}
