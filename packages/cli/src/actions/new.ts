/** `clce new …` writes files from templates/ and prints their paths. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backbones } from '@clce/backbones';
import { datasetNames } from '@clce/datasets';
import { writeFile } from '@clce/files';
import { lossNames } from '@clce/losses';
import { UserError } from '@clce/registry';

/** What `clce new` can make. A template is a file that passes lint. Only its names are replaced. */
interface Kind {
  readonly title: string;
  readonly taken: readonly string[];
  /** Files in templates/, by the endings of the new files' names. */
  readonly templates: Readonly<Record<string, string>>;
  /** What to do with the new files, in lines. */
  readonly next: (name: string) => readonly string[];
}

const LOSS: Kind = {
  title: 'a loss',
  taken: lossNames,
  templates: { '.ts': 'loss.ts' },
  next: (name) => [
    `./clce loss check ${name}.ts`,
    `./clce bench fewshot --loss-file ${name}.ts --losses ce,${name}`,
    'docs/adding-a-loss.md',
  ],
};

const DATASET: Kind = {
  title: 'a data set',
  taken: datasetNames,
  templates: { '.ts': 'dataset.ts' },
  next: (name) => [
    `ln -s /path/to/pictures ${name}`,
    `./clce data verify ${name} --dataset-file ${name}.ts`,
    `./clce bench fewshot --dataset-file ${name}.ts --datasets ${name}`,
    'docs/adding-a-dataset.md',
  ],
};

const BACKBONE: Kind = {
  title: 'a backbone',
  taken: backbones.map(({ name }) => name),
  templates: { '.ts': 'backbone.ts', '.test.ts': 'backbone.test.ts' },
  next: (name) => [
    `in packages/backbones/src/registry.ts: import { ${camelCase(name)} } from './architectures/${name}.ts';`,
    `and there in the list: ${camelCase(name)},`,
    'docs/adding-a-backbone.md',
  ],
};

interface Folder {
  readonly folder: string;
}

export async function loss(name: string, { folder }: Folder): Promise<void> {
  await start(LOSS, name, folder);
}

export async function dataset(name: string, { folder }: Folder): Promise<void> {
  await start(DATASET, name, folder);
}

export async function backbone(name: string, { folder }: Folder): Promise<void> {
  await start(BACKBONE, name, folder);
}

async function start(kind: Kind, name: string, folder: string): Promise<void> {
  for (const path of await writeNew(kind, name, folder)) console.log(path);
  console.log(['next:', ...kind.next(name)].join('\n  '));
}

/** @returns paths of the new files @throws UserError if the name is taken or malformed, or a file exists already */
async function writeNew({ title, taken, templates }: Kind, name: string, folder: string): Promise<string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UserError(
      `${title} is called in lower case, digits and hyphens, such as my-own, not "${name}"`,
    );
  }
  if (taken.includes(name)) throw new UserError(`there is ${title} "${name}" already`);
  const files = await Promise.all(
    Object.entries(templates).map(async ([ending, template]) => {
      const text = await readFile(new URL(`../../templates/${template}`, import.meta.url), 'utf8');
      return [join(folder, `${name}${ending}`), named(text, name)] as const;
    }),
  );
  for (const [path] of files) {
    if (existsSync(path)) throw new UserError(`${path} is there already; remove it first`);
  }
  for (const [path, text] of files) await writeFile(path, text);
  return files.map(([path]) => path);
}

/** The template with this name in place of its own, and with a random id. */
function named(template: string, name: string): string {
  return template
    .replaceAll('my-own-00000000', `${name}-${randomBytes(4).toString('hex')}`)
    .replaceAll('my-own', name)
    .replaceAll('myOwn', camelCase(name));
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
