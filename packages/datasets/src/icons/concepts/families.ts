import { relatedGroups } from '../../drawings/deal.ts';
import { RELATED_CONCEPTS } from './related-concepts.ts';
import { headTokens } from './token-tiers.ts';

/**
 * Groups related concepts into families, so that a split can keep each family on one side. Concepts are related if they
 * share a head token (`calendar`, `calendar-plus`) or if RELATED_CONCEPTS joins them. The relation is transitive.
 *
 * @returns families, each sorted, in order of their first concepts
 */
export function conceptFamilies(concepts: readonly string[]): string[][] {
  const heads = new Map(concepts.map((concept) => [concept, headTokens(concept)]));
  return relatedGroups(
    concepts,
    (a, b) =>
      heads.get(a)!.some((token) => heads.get(b)!.includes(token)) ||
      RELATED_CONCEPTS.some((group) => group.includes(a) && group.includes(b)),
  );
}
