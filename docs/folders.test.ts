import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const MOST = 15;

/** One file a data set: their number grows with the data sets, and each stands for itself. */
const UNBOUNDED = ['packages/datasets/src/adapters'];

it(`no folder of source holds more than ${MOST} files beside its folders and tests`, () => {
  const sources = [
    ...readdirSync(`${root}packages`).map((name) => `packages/${name}/src`),
    'benchmarks/suites',
    'benchmarks/simulation',
    'benchmarks/speed',
  ];
  const counts = new Map<string, number>();
  for (const source of sources) {
    for (const file of readdirSync(root + source, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const folder = dirname(`${source}/${file}`);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
  }
  const full = [...counts].filter(([, files]) => files > MOST).map(([folder]) => folder);
  expect(full).toEqual(UNBOUNDED);
});
