/** `clce new backbone NAME`: an architecture that trains, its test and its line in the registry, ready to be changed. */

import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFile } from '@clce/files';
import { UserError } from '@clce/registry';
import { backbones } from './registry.ts';

const FOLDER = 'packages/backbones/src';
const REGISTRY = `${FOLDER}/registry.ts`;

/**
 * Writes the files of a new backbone into a checkout.
 *
 * @param repository root of the checkout
 * @returns paths of what was written or changed, relative to the root
 * @throws UserError if the name is taken or not one, or this is no checkout
 */
export async function newBackbone(name: string, repository: string): Promise<string[]> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UserError(
      `a backbone is called in lower case, digits and hyphens, such as my-net, not "${name}"`,
    );
  }
  if (backbones.some((backbone) => backbone.name === name)) {
    throw new UserError(`there is a backbone ${name} already`);
  }
  if (!(await isThere(join(repository, REGISTRY)))) {
    throw new UserError(`${repository} has no ${REGISTRY}; run this in a checkout of clce-bench`);
  }
  const files = {
    [`${FOLDER}/${name}.ts`]: backboneText(name),
    [`${FOLDER}/${name}.test.ts`]: testText(name),
  };
  for (const path of Object.keys(files)) {
    if (await isThere(join(repository, path)))
      throw new UserError(`${path} is there already; remove it first`);
  }
  for (const [path, content] of Object.entries(files)) await writeFile(join(repository, path), content);
  await writeFile(
    join(repository, REGISTRY),
    registered(await readFile(join(repository, REGISTRY), 'utf8'), name),
  );
  return [...Object.keys(files), REGISTRY];
}

/** The registry with an import of the new backbone, in the order of the file names, and it at the end of the list. */
function registered(source: string, name: string): string {
  const lines = source.split('\n');
  const fileOf = (line: string) => /^import .* from '\.\/(.*)\.ts';$/.exec(line)?.[1];
  const after = lines.findIndex((line) => (fileOf(line) ?? '') > name);
  const last = lines.findLastIndex((line) => line.startsWith('import '));
  lines.splice(after < 0 ? last + 1 : after, 0, `import { ${identifier(name)} } from './${name}.ts';`);
  const end = lines.findIndex((line, index) => line === '];' && index > lines.findIndex(isListStart));
  lines.splice(end, 0, `  ${identifier(name)},`);
  return lines.join('\n');
}

function isListStart(line: string): boolean {
  return line.startsWith('export const backbones');
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function identifier(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function backboneText(name: string): string {
  return `/** Say what the architecture is, and name its paper and the code that it follows. */
import { type Tensor2D, type Tensor4D, tf } from '@clce/engine';
import type { Backbone } from './backbone.ts';
import { batchNormParameters, batchNormStatistics, convolutionWeight, LayerPass, numberedLayers } from './layers/layers.ts';

const WIDTHS = [32, 64];

export const ${identifier(name)}: Backbone = {
  name: '${name}',
  description: 'Two strided convolutions, trained from scratch',
  featureSize: () => WIDTHS.at(-1)!,
  layering: numberedLayers(WIDTHS.length, /^(\\d)\\./, 0),

  initialise(_imageSize, draw) {
    const parameters = {};
    const statistics = {};
    for (const [block, width] of WIDTHS.entries()) {
      Object.assign(
        parameters,
        convolutionWeight(\`\${block}.conv.weight\`, 3, WIDTHS[block - 1] ?? 3, width, draw),
        batchNormParameters(\`\${block}.norm\`, width),
      );
      Object.assign(statistics, batchNormStatistics(\`\${block}.norm\`, width));
    }
    return { parameters, statistics };
  },

  forward(weights, images, mode) {
    const pass = new LayerPass(weights, mode);
    let x: Tensor4D = images;
    for (const block of WIDTHS.keys()) {
      x = pass.convolution(\`\${block}.conv.weight\`, x, { stride: 2, padding: 1 });
      x = tf.relu(pass.batchNorm(\`\${block}.norm\`, x));
    }
    return { features: tf.mean<Tensor2D>(x, [1, 2]), statistics: pass.statistics };
  },
};
`
    .replaceAll('\\`', '`')
    .replaceAll('\\$', '$');
}

function testText(name: string): string {
  return `import { expect, it } from 'vitest';
import { getBackbone } from './registry.ts';

// What every backbone owes is tested in registry.test.ts; here stand the figures of this one, with their source.
it('has as many parameters as published', () => {
  const { parameters } = getBackbone('${name}').initialise(32, (_, count) => new Float32Array(count));
  const count = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  expect(count).toBe(${(3 * 3 * 3 + 2) * 32 + (3 * 3 * 32 + 2) * 64});
});
`;
}
