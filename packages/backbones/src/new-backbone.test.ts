import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newBackbone } from './new-backbone.ts';

const FOLDER = 'packages/backbones/src';
const ours = fileURLToPath(new URL('.', import.meta.url));

/** A checkout with this package in it. */
let repository: string;
beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'clce-new-'));
  cpSync(ours, join(repository, FOLDER), { recursive: true });
  cpSync(join(ours, '../package.json'), join(repository, FOLDER, '../package.json'));
  symlinkSync(join(ours, '../node_modules'), join(repository, FOLDER, '../node_modules'));
});
afterEach(() => rmSync(repository, { recursive: true }));

const RUN = `import { getBackbone } from './registry.ts';
import { compileForward, float32, onnxEngine } from '@clce/engine';
const backbone = getBackbone('my-net-2');
const { parameters, statistics } = backbone.initialise(16, (_, count) => new Float32Array(count).fill(0.1));
const images = float32([1, 16, 16, 3], new Float32Array(768).fill(1));
const forward = (weights, inputs) => ({ features: backbone.forward(weights, inputs.images, 'evaluation').features });
compileForward(onnxEngine(), forward, { ...parameters, ...statistics }, { images })
  .then(async (compiled) => console.log((await compiled.run({ images })).features.shape.join()));`;

describe('newBackbone', () => {
  it('writes an architecture that runs, its test, and its lines in the registry', async () => {
    expect(await newBackbone('my-net-2', repository)).toEqual([
      `${FOLDER}/my-net-2.ts`,
      `${FOLDER}/my-net-2.test.ts`,
      `${FOLDER}/registry.ts`,
    ]);
    const registry = readFileSync(join(repository, FOLDER, 'registry.ts'), 'utf8');
    expect(registry).toMatch(
      /mobilenetv2-openimages\.ts';\nimport \{ myNet2 \} from '\.\/my-net-2\.ts';\nimport/,
    );
    expect(registry).toMatch(/ {2}myNet2,\n\];/);
    const program = join(repository, FOLDER, 'run.mts');
    writeFileSync(program, RUN);
    const { stdout } = await execa('node', ['--import', 'tsx', program], { cwd: ours });
    expect(stdout).toBe('1,64');
    await expect(newBackbone('my-net-2', repository)).rejects.toThrow('is there already');
  });

  it.each(['My Net', '../net', 'net_2', '-net', ''])('refuses the name %j', async (name) => {
    await expect(newBackbone(name, repository)).rejects.toThrow('lower case, digits and hyphens');
  });

  it('refuses a name that is taken, and a folder that is no checkout', async () => {
    await expect(newBackbone('conv4', repository)).rejects.toThrow('there is a backbone conv4 already');
    await expect(newBackbone('zebra', join(repository, 'packages'))).rejects.toThrow(
      'run this in a checkout',
    );
  });
});
