import { INVARIANT_WORDS, NUMBER_TOKEN, PROTECTED_NAMES, STYLE_TOKENS } from './style-affixes.ts';
import { CONCEPT_SYNONYMS, TOKEN_SYNONYMS } from './synonyms.ts';
import { sortByTier } from './token-tiers.ts';

/** The concept in an icon's name, and how plain the name is. */
export interface ConceptName {
  /** Canonical name: singular tokens, synonyms replaced, modifiers last, joined by `-`. */
  concept: string;
  /** Preference among one author's names for the concept, compared element by element. Lower is plainer. */
  rank: readonly [synonyms: number, plurals: number, strippedTokens: number, style: number, length: number];
}

/**
 * Normalises an icon's name to a concept, so that names by different authors can be matched.
 *
 * Steps, in order: split into tokens at `-` and before trailing digits; strip style tokens and numbers from both
 * ends; replace plurals by singulars, then synonyms of tokens; put modifiers after what they modify
 * (`circle-plus`, `plus-circle`); replace synonyms of whole names.
 *
 * @param name an icon's name inside its package, such as `calendar-check-outline-24`
 */
export function conceptOf(name: string): ConceptName {
  const { tokens, stripped } = stripStyle(tokenise(name));
  const singular = tokens.map(singularise);
  const plurals = singular.filter((token, i) => token !== tokens[i]).length;
  const ordered = replaceTokens(singular);
  const concept = conceptSynonyms.get(ordered) ?? ordered;
  const synonyms = Number(concept !== sortByTier(singular).join('-'));
  const style = Math.max(-1, ...stripped.map((token) => STYLE_TOKENS.indexOf(token)));
  return { concept, rank: [synonyms, plurals, stripped.length, style, name.length] };
}

/** Singular of an English word, derived from its spelling. Words that only look like plurals stay. */
export function singularise(word: string): string {
  if (word.length < 4 || INVARIANT_WORDS.has(word) || !word.endsWith('s')) return word;
  if (/(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies') && word.length > 4) return word === 'movies' ? 'movie' : `${word.slice(0, -3)}y`;
  if (/(ch|sh|ss|x|z)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

function tokenise(name: string): string[] {
  return name
    .toLowerCase()
    .split(/[-_]+|(?<=[a-z])(?=\d+$)|(?<=[a-z])(?=\d+-)/)
    .filter((token) => token !== '');
}

function stripStyle(all: readonly string[]): { tokens: string[]; stripped: string[] } {
  const tokens = [...all];
  const stripped: string[] = [];
  while (tokens.length > 1 && !PROTECTED_NAMES.has(tokens.join('-'))) {
    if (isStyle(tokens.at(-1)!)) stripped.push(tokens.pop()!);
    else if (isStyle(tokens[0]!)) stripped.push(tokens.shift()!);
    else break;
  }
  return { tokens, stripped };
}

const styleTokens = new Set(STYLE_TOKENS);
const isStyle = (token: string): boolean => styleTokens.has(token) || NUMBER_TOKEN.test(token);

const tokenSynonyms = invert(TOKEN_SYNONYMS, (token) => token);
const conceptSynonyms = invert(CONCEPT_SYNONYMS, (name) => replaceTokens(name.split('-').map(singularise)));

function replaceTokens(singular: readonly string[]): string {
  return sortByTier(singular.map((token) => tokenSynonyms.get(token) ?? token)).join('-');
}

function invert(
  table: Readonly<Record<string, readonly string[]>>,
  normalise: (name: string) => string,
): Map<string, string> {
  const conceptByName = new Map<string, string>();
  for (const [concept, names] of Object.entries(table)) {
    for (const name of names.map(normalise)) {
      const other = conceptByName.get(name);
      if (other !== undefined && other !== concept) {
        throw new Error(`The synonym ${name} stands under two concepts, ${other} and ${concept}.`);
      }
      conceptByName.set(name, concept);
    }
  }
  return conceptByName;
}
