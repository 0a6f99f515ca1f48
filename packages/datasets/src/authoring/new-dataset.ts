/** `clce new dataset NAME`: an adapter, its test, its card and its line in the list, ready to be filled in. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFile } from '@clce/files';
import type { DatasetSource } from '../adapter.ts';
import { indexPictures } from '../adapters/folder.ts';
import { DatasetError } from '../errors.ts';
import { isThere } from '../fetch/places.ts';
import { datasetNames } from '../registry.ts';
import { datasetCard } from './card.ts';

const ADAPTERS = 'packages/datasets/src/adapters';

/**
 * Writes the files of a new data set into a checkout.
 *
 * @param repository root of the checkout
 * @returns paths of what was written or changed, relative to the root
 * @throws {DatasetError} if the name is taken or not one, or this is no checkout
 */
export async function newDataset(name: string, repository: string): Promise<string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new DatasetError(
      `a data set is called in lower case, digits and hyphens, such as my-birds, not "${name}".`,
    );
  }
  if (datasetNames().includes(name) || name === 'index')
    throw new DatasetError(`there is a data set ${name} already.`);
  const list = `${ADAPTERS}/index.ts`;
  if (!(await isThere(join(repository, list)))) {
    throw new DatasetError(`${repository} has no ${list}; run this in a checkout of clce-bench.`);
  }
  const source = placeholder(name);
  const files = {
    [`${ADAPTERS}/${name}.ts`]: adapterText(source),
    [`${ADAPTERS}/${name}.test.ts`]: testText(name),
    [`datasets/${name}.md`]: datasetCard(source),
  };
  for (const path of Object.keys(files)) {
    if (await isThere(join(repository, path)))
      throw new DatasetError(`${path} is there already; remove it first.`);
  }
  for (const [path, content] of Object.entries(files)) await writeFile(join(repository, path), content);
  const lines = await readFile(join(repository, list), 'utf8');
  await writeFile(join(repository, list), withExport(lines, name));
  return [...Object.keys(files), list];
}

/** The list with a line for the new set, in the order of the file names. */
function withExport(lines: string, name: string): string {
  const all = lines.trimEnd().split('\n');
  const at = all.findIndex((line) => (/from '\.\/(.*)\.ts'/.exec(line)?.[1] ?? '') > name);
  all.splice(at < 0 ? all.length : at, 0, `export { ${identifier(name)} } from './${name}.ts';`);
  return `${all.join('\n')}\n`;
}

function identifier(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** What the new adapter says until it is filled in. */
function placeholder(name: string): DatasetSource {
  return {
    name,
    title: name,
    description: 'What the pictures show, who made them, how they were chosen.',
    license: 'whose pictures these are, and what may be done with them',
    citation: 'how to cite them',
    splitRule: {
      rule: 'Folders base, validation and novel, or train and test; otherwise 64 / 16 / 20 % of the classes by a hash.',
      source: 'packages/datasets/src/adapters/folder.ts',
    },
    distributions: [
      {
        name: 'pictures',
        files: [],
        manual: 'Bring the pictures, a folder a class.',
        layout: ['.'],
        index: indexPictures,
      },
    ],
  };
}

function adapterText(source: DatasetSource): string {
  const { name, title, description, license, citation, splitRule, distributions } = source;
  const [{ manual }] = distributions;
  return `import type { DatasetSource } from '../adapter.ts';
import { indexPictures } from './folder.ts';

/** Say in a sentence what a class is and what a sample is. */
export const ${identifier(name)}: DatasetSource = {
  name: '${name}',
  title: '${title}',
  description: '${description}',
  license: '${license}',
  citation: '${citation}',
  splitRule: {
    rule: '${splitRule.rule}',
    source: '${splitRule.source}',
  },
  distributions: [
    {
      name: 'pictures',
      files: [],
      manual: '${manual}',
      layout: ['.'],
      index: indexPictures,
    },
  ],
};
`;
}

function testText(name: string): string {
  return `import { expect, it } from 'vitest';
import { getSource } from '../registry.ts';
import { ${identifier(name)} } from './${name}.ts';

// What every set owes is tested in conformance.test.ts; here stand the figures of this one.
it('is registered under its name', () => {
  expect(getSource('${name}')).toBe(${identifier(name)});
});
`;
}
