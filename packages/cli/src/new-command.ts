/** `clce new …`: the files that something of one's own needs, from templates/. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backbones } from '@clce/backbones';
import { datasetNames } from '@clce/datasets';
import { writeFile } from '@clce/files';
import { lossNames } from '@clce/losses';
import { UserError } from '@clce/registry';
import { type Command, Option } from 'commander';
import { inRepository } from './places.ts';

/** What can be started. A template is a file that passes lint as it is; its names are replaced, and nothing else. */
interface Kind {
  readonly title: string;
  readonly description: string;
  readonly taken: () => readonly string[];
  /** Its files in templates/, by what follows the name in theirs. */
  readonly templates: Readonly<Record<string, string>>;
  /** Where they go unless --folder says otherwise. */
  readonly folder: string;
  /** What to do with them, a line each. */
  readonly next: (name: string) => readonly string[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  loss: {
    title: 'a loss',
    description: 'a loss that trains, with its float64 loop',
    taken: lossNames,
    templates: { '.ts': 'loss.ts' },
    folder: '.',
    next: (name) => [
      `./clce loss check ${name}.ts`,
      `./clce bench fewshot --loss-file ${name}.ts --losses ce,${name}`,
      'docs/adding-a-loss.md',
    ],
  },
  dataset: {
    title: 'a data set',
    description: 'an adapter for a folder of pictures',
    taken: datasetNames,
    templates: { '.ts': 'dataset.ts' },
    folder: '.',
    next: (name) => [
      `./clce data verify ${name} --dataset-file ${name}.ts`,
      `./clce bench fewshot --dataset-file ${name}.ts --datasets ${name}`,
      'docs/adding-a-dataset.md',
    ],
  },
  backbone: {
    title: 'a backbone',
    description: 'an architecture that trains, and its test',
    taken: () => backbones.map(({ name }) => name),
    templates: { '.ts': 'backbone.ts', '.test.ts': 'backbone.test.ts' },
    folder: inRepository('packages/backbones/src/architectures'),
    next: (name) => [
      `in packages/backbones/src/registry.ts: import { ${camelCase(name)} } from './architectures/${name}.ts';`,
      `and there in the list: ${camelCase(name)},`,
      'docs/adding-a-backbone.md',
    ],
  },
};

export function addNewCommand(program: Command): void {
  const command = program.command('new').description('start something of your own');
  for (const [word, kind] of Object.entries(KINDS)) {
    command
      .command(word)
      .description(`write ${kind.description}`)
      .argument('<name>', 'lower case, digits and hyphens')
      .addOption(new Option('--folder <folder>', 'where the files go').default(kind.folder))
      .action(async (name: string, { folder }: { readonly folder: string }) => {
        for (const path of await writeNew(kind, name, folder)) console.log(path);
        console.log(['next:', ...kind.next(name)].join('\n  '));
      });
  }
}

/** @returns paths of the new files @throws UserError if the name is taken or not one, or a file is there already */
async function writeNew({ title, taken, templates }: Kind, name: string, folder: string): Promise<string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UserError(
      `${title} is called in lower case, digits and hyphens, such as my-own, not "${name}"`,
    );
  }
  if (taken().includes(name)) throw new UserError(`there is ${title} "${name}" already`);
  const files = await Promise.all(
    Object.entries(templates).map(async ([ending, template]) => {
      const text = await readFile(new URL(`../templates/${template}`, import.meta.url), 'utf8');
      return [join(folder, `${name}${ending}`), named(text, name)] as const;
    }),
  );
  for (const [path] of files) {
    const isThere = await readFile(path).then(
      () => true,
      () => false,
    );
    if (isThere) throw new UserError(`${path} is there already; remove it first`);
  }
  for (const [path, text] of files) await writeFile(path, text);
  return files.map(([path]) => path);
}

/** The template with the name in place of its own, and with an id that no other file has. */
function named(template: string, name: string): string {
  return template
    .replaceAll('my-own-00000000', `${name}-${randomBytes(4).toString('hex')}`)
    .replaceAll('my-own', name)
    .replaceAll('myOwn', camelCase(name));
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
