import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newDataset } from './new-dataset.ts';

const ADAPTERS = 'packages/datasets/src/adapters';

let repository: string;
beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'clce-new-'));
  mkdirSync(join(repository, ADAPTERS), { recursive: true });
  writeFileSync(
    join(repository, ADAPTERS, 'index.ts'),
    "// A line each.\nexport { apples } from './apples.ts';\nexport { pears } from './pears.ts';\n",
  );
});
afterEach(() => rmSync(repository, { recursive: true }));

const list = (): string => readFileSync(join(repository, ADAPTERS, 'index.ts'), 'utf8');

describe('newDataset', () => {
  it('writes an adapter, its test and its card, and adds its line in order', async () => {
    const written = await newDataset('my-birds-2', repository);
    expect(written).toEqual([
      `${ADAPTERS}/my-birds-2.ts`,
      `${ADAPTERS}/my-birds-2.test.ts`,
      'datasets/my-birds-2.md',
      `${ADAPTERS}/index.ts`,
    ]);
    expect(list().split('\n')).toEqual([
      '// A line each.',
      "export { apples } from './apples.ts';",
      "export { myBirds2 } from './my-birds-2.ts';",
      "export { pears } from './pears.ts';",
      '',
    ]);
    const adapter = readFileSync(join(repository, ADAPTERS, 'my-birds-2.ts'), 'utf8');
    expect(adapter).toContain("name: 'my-birds-2'");
  });

  it.each(['My Birds', '../birds', 'birds_2', '-birds', ''])('refuses the name %j', async (name) => {
    await expect(newDataset(name, repository)).rejects.toThrow('lower case, digits and hyphens');
  });

  it('refuses a name that is taken, a second time, and a folder that is no checkout', async () => {
    await expect(newDataset('icons', repository)).rejects.toThrow('there is a data set icons already');
    await newDataset('zebras', repository);
    const before = list();
    expect(before.trimEnd().endsWith("'./zebras.ts';")).toBe(true);
    await expect(newDataset('zebras', repository)).rejects.toThrow('is there already');
    expect(list()).toBe(before);
    await expect(newDataset('zebras', join(repository, 'packages'))).rejects.toThrow(
      'run this in a checkout',
    );
  });
});
