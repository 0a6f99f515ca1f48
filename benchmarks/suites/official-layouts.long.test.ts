/**
 * Runs the suites on benchmarks that must be fetched, with the commands of a user who has the real files. The test files have
 * the official layout and all official counts. Only the pictures are synthetic: each class has its own base picture.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSeedCsv } from '@clce/results';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CIFAR_100_CLASSES } from '../../packages/datasets/src/adapters/cifar-100-classes.ts';
import { noise, png } from '../../packages/datasets/src/testing/tiny/archives.ts';
import { mat } from '../../packages/datasets/src/testing/tiny/mat.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'clce-official-'));
const data = join(scratch, 'data');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Pictures that differ within a class. */
const VARIANTS = 5;

/** The mean of the class's base picture and noise of this variant. */
function picture(label: number, variant: number, length: number): Uint8Array {
  const own = noise(1000 + label * VARIANTS + variant, length);
  return noise(label, length).map((value, at) => (value + own[at]!) / 2);
}

/** Runs a command of package.json, with few steps. */
async function bench(suite: 'fewshot' | 'transfer', ...flags: string[]) {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const [program, ...words] = scripts[`bench:${suite}`]!.split(' ');
  // The command must start Node directly, because a launcher would intercept Ctrl-C.
  expect(program).toBe('node');
  const out = join(scratch, `${suite}.csv`);
  const places = ['--data', data, '--ledger', join(scratch, 'runs'), '--out', out];
  const short = ['--losses', 'ce,clce', '--seeds', '0'];
  await execa(process.execPath, [...words, ...flags, ...short, ...places], { cwd: root });
  const seeds = out.replace('.csv', '.seeds.csv');
  return parseSeedCsv(readFileSync(seeds, 'utf8'), seeds);
}

describe('CIFAR-FS, from the files of CIFAR-100', () => {
  beforeAll(() => {
    const folder = join(data, 'cifar-100', 'extracted', 'cifar-100-binary');
    mkdirSync(folder, { recursive: true });
    const names = Buffer.from(`${CIFAR_100_CLASSES.join('\n')}\n`);
    writeFileSync(join(folder, 'fine_label_names.txt'), names);
    const ofVariant = Array.from({ length: VARIANTS }, (_, variant) =>
      Buffer.concat(
        CIFAR_100_CLASSES.map((_, label) =>
          Buffer.concat([Buffer.of(0, label), picture(label, variant, 3 * 32 * 32)]),
        ),
      ),
    );
    const rounds = (count: number) => Array.from({ length: count }, (_, at) => ofVariant[at % VARIANTS]!);
    writeFileSync(join(folder, 'train.bin'), Buffer.concat(rounds(500)));
    writeFileSync(join(folder, 'test.bin'), Buffer.concat(rounds(100)));
  });

  it('few-shot: bench:fewshot --datasets cifar-fs', async () => {
    const budget = ['--set', 'recipe.budget.steps=3', '--set', 'protocol.episodes=10'];
    const rows = await bench('fewshot', '--datasets', 'cifar-fs', ...budget);
    const accuracies = rows.filter(({ measure }) => measure === 'accuracy');
    expect(accuracies.map(({ loss, shot }) => `${loss} ${shot}`)).toEqual(
      ['CE', 'CLCE'].flatMap((loss) => [1, 1, 5, 5].map((shot) => `${loss} ${shot}`)),
    );
    // Episodes have five untrained classes, so chance is 20 %.
    for (const { dataset, value } of accuracies) {
      expect(dataset).toBe('cifar-fs');
      expect(value).toBeGreaterThan(30);
    }
  });
});

describe('Oxford 102 Flowers', () => {
  const CLASSES = 102;
  beforeAll(() => {
    const folder = join(data, 'oxford-102-flowers', 'extracted');
    mkdirSync(join(folder, 'jpg'), { recursive: true });
    const count = 8189;
    const numbers = Array.from({ length: count }, (_, at) => at + 1);
    const files = Array.from({ length: CLASSES * VARIANTS }, (_, at) =>
      png(picture(at % CLASSES, Math.floor(at / CLASSES), 3 * 16 * 16), 16, 16),
    );
    for (const number of numbers) {
      const name = `image_${String(number).padStart(5, '0')}.jpg`;
      writeFileSync(join(folder, 'jpg', name), files[(number - 1) % files.length]!);
    }
    const labels = mat({ labels: numbers.map((number) => ((number - 1) % CLASSES) + 1) });
    writeFileSync(join(folder, 'imagelabels.mat'), labels);
    const [trnid, valid, tstid] = [numbers.slice(0, 1020), numbers.slice(1020, 2040), numbers.slice(2040)];
    writeFileSync(join(folder, 'setid.mat'), mat({ trnid, valid, tstid }));
  });

  it('transfer: bench:transfer --datasets flowers102', async () => {
    const budget = ['--set', 'recipe.budget.samples=256'];
    const rows = await bench('transfer', '--datasets', 'flowers102', ...budget);
    expect([...new Set(rows.map(({ dataset }) => dataset))]).toEqual(['oxford-102-flowers']);
    const accuracies = rows.filter(({ measure }) => measure === 'accuracy');
    expect(accuracies.map(({ loss, classifier }) => `${loss} ${classifier}`)).toEqual(
      ['CE', 'CLCE'].flatMap((loss) => ['head', 'k-nn', 'linear-probe'].map((one) => `${loss} ${one}`)),
    );
    // There are 102 classes, so chance is 1 %. Each class lies near one picture.
    for (const { value } of accuracies.filter(({ classifier }) => classifier === 'k-nn')) {
      expect(value).toBeGreaterThan(5);
    }
    expect(rows.filter(({ measure }) => measure === 'calibration-error')).toHaveLength(2);
  });
});
