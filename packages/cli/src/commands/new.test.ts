import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { printedBy } from '../testing/printed-by.ts';
import { addNewCommand } from './new.ts';

const checkout = fileURLToPath(new URL('../../../../', import.meta.url));
const program = (name: string) => join(checkout, 'node_modules', '.bin', name);
const tsx = createRequire(import.meta.url).resolve('tsx');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clce-new-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const create = (kind: string, name: string) =>
  printedBy(addNewCommand, 'new', kind, name, '--folder', folder);

describe.each(['my-own', 'x', 'a-name-that-is-longer-than-most'])('what is called %s', (name) => {
  it('passes lint, whatever it is', async () => {
    for (const kind of ['loss', 'dataset']) await create(kind, `${name}-${kind}`);
    await create('backbone', name);
    expect(readdirSync(folder).sort()).toEqual(
      [`${name}-dataset.ts`, `${name}-loss.ts`, `${name}.test.ts`, `${name}.ts`].sort(),
    );
    const settings = JSON.parse(readFileSync(join(checkout, 'biome.json'), 'utf8')) as object;
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...settings, vcs: { enabled: false } }));
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
    await execa(program('biome'), ['check', '--error-on-warnings', ...files], { cwd: folder });
  });
});

it('a loss and a data set pass the compiler', async () => {
  await create('loss', 'mine');
  await create('dataset', 'birds');
  symlinkSync(join(checkout, 'packages/experiments/node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const settings = {
    extends: join(checkout, 'tsconfig.base.json'),
    compilerOptions: {
      noEmit: true,
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
    },
    include: ['*.ts'],
  };
  const types = { typeRoots: [join(checkout, 'node_modules/@types')] };
  const compilerOptions = { ...settings.compilerOptions, ...types };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...settings, compilerOptions }));
  const { stdout } = await execa(program('tsc'), ['-p', folder], { reject: false });
  expect(stdout).toBe('');
});

const RUN = `import { getBackbone } from './registry.ts';
import { compileForward, float32, onnxEngine } from '@clce/engine';
const backbone = getBackbone('my-net-2');
const { parameters, statistics } = backbone.initialise(16, (_, count) => new Float32Array(count).fill(0.1));
const images = float32([1, 16, 16, 3], new Float32Array(768).fill(1));
const forward = (weights, inputs) => ({ features: backbone.forward(weights, inputs.images, 'evaluation').features });
compileForward(onnxEngine(), forward, { ...parameters, ...statistics }, { images })
  .then(async (compiled) => console.log((await compiled.run({ images })).features.shape.join()));`;

it('a backbone runs once its two lines are in the registry', async () => {
  const ours = join(checkout, 'packages/backbones');
  for (const entry of ['src', 'package.json'])
    cpSync(join(ours, entry), join(folder, entry), { recursive: true });
  symlinkSync(join(ours, 'node_modules'), join(folder, 'node_modules'));
  const into = ['--folder', join(folder, 'src/architectures')];
  const printed = await printedBy(addNewCommand, 'new', 'backbone', 'my-net-2', ...into);
  const [, line] = /registry\.ts: (import .*)/.exec(printed)!;
  const registry = join(folder, 'src/registry.ts');
  const before = readFileSync(registry, 'utf8');
  writeFileSync(registry, `${line}\n${before.replace('  conv4,', '  conv4,\n  myNet2,')}`);
  writeFileSync(join(folder, 'src/run.mts'), RUN);
  const { stdout } = await execa('node', ['--import', tsx, join(folder, 'src/run.mts')]);
  expect(stdout).toBe('1,64');
});

describe('a name', () => {
  it.each(['My Own', '../own', 'own_2', ''])('is refused where it is %j', async (name) => {
    await expect(create('loss', name)).rejects.toThrow('lower case, digits and hyphens');
  });

  it('is refused where it is taken, in the registry or in the folder', async () => {
    await expect(create('loss', 'clce')).rejects.toThrow('there is a loss "clce" already');
    await expect(create('dataset', 'icons')).rejects.toThrow('there is a data set "icons" already');
    await expect(create('backbone', 'conv4')).rejects.toThrow('there is a backbone "conv4" already');
    await create('loss', 'mine');
    const before = readFileSync(join(folder, 'mine.ts'), 'utf8');
    await expect(create('loss', 'mine')).rejects.toThrow('mine.ts is there already; remove it first');
    expect(readFileSync(join(folder, 'mine.ts'), 'utf8')).toBe(before);
  });
});
