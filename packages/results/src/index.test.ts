import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** What a file loads, itself or through its neighbours; types load nothing. */
function loadedBy(file: URL, seen = new Set<string>()): Set<string> {
  const source = readFileSync(fileURLToPath(file), 'utf8');
  for (const [, names, from] of source.matchAll(/^(?:import|export) ([^;]*?)from '([^']+)';/gms)) {
    const isType = names!.startsWith('type ') || /^\{(\s*type [\w$]+,?)+\s*\}/.test(names!);
    if (isType || seen.has(from!)) continue;
    seen.add(from!);
    if (from!.startsWith('.')) loadedBy(new URL(from!, file), seen);
  }
  return seen;
}

it('the results package loads no engine, no model and no data', () => {
  const loaded = [...loadedBy(new URL('./index.ts', import.meta.url))];
  expect(loaded).toContain('./tables/results-table.ts');
  expect(loaded.filter((name) => name.startsWith('@clce/')).sort()).toEqual([
    '@clce/registry',
    '@clce/statistics',
    '@clce/text',
  ]);
});
