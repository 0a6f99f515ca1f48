import { RELATED_CONCEPTS } from './related-concepts.ts';
import { headTokens } from './token-tiers.ts';

/**
 * Groups related concepts into families, so that a split can keep each family on one side. Concepts are related if they
 * share a head token (`calendar`, `calendar-plus`) or if RELATED_CONCEPTS joins them. The relation is transitive.
 *
 * @returns families, each sorted, in order of their first concepts
 */
export function conceptFamilies(concepts: readonly string[]): string[][] {
  const parent = new Map<string, string>();
  function find(node: string): string {
    let root = node;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    return root;
  }
  function join(a: string, b: string): void {
    const [rootA, rootB] = [find(a), find(b)];
    if (rootA !== rootB) parent.set(rootA, rootB);
  }

  const present = new Set(concepts);
  for (const concept of present)
    for (const token of headTokens(concept)) join(`concept ${concept}`, `token ${token}`);
  for (const group of RELATED_CONCEPTS) {
    const [first, ...others] = group.filter((concept) => present.has(concept));
    for (const other of others) join(`concept ${first}`, `concept ${other}`);
  }

  const families = new Map<string, string[]>();
  for (const concept of [...present].sort()) {
    const root = find(`concept ${concept}`);
    families.set(root, [...(families.get(root) ?? []), concept]);
  }
  return [...families.values()];
}
