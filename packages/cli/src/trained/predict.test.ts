/** `clce predict` on small pictures: the CSV, what is counted and named, and refusals. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getBackbone, initialiseLinearHead, saveWeights } from '@clce/backbones';
import { csvRecords } from '@clce/results';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { placeIcons } from '../testing/icon-pictures.ts';
import { printedBy } from '../testing/printed-by.ts';
import { addPredictCommand } from './command.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-predict-'));
const at = (...names: string[]) => join(root, ...names);
const CLASSES = ['path', '=sum', 'cat, black'];

const predict = (folder: string, ...flags: string[]) =>
  printedBy(
    addPredictCommand,
    ...['predict', at(folder), '--weights', at('best.safetensors'), '--out', at('out.csv'), ...flags],
  );
const warnings: string[] = [];
const rows = () => csvRecords(readFileSync(at('out.csv'), 'utf8'), 'out.csv');

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation((line: string) => void warnings.push(line));
  const draw = (name: string, count: number) =>
    Float32Array.from({ length: count }, (_, k) => Math.sin(1 + k * 1.7 + name.length));
  const conv4 = getBackbone('conv4');
  const { parameters, statistics } = conv4.initialise(16, draw);
  const head = initialiseLinearHead(conv4.featureSize(16), CLASSES.length, draw);
  await saveWeights(
    at('best.safetensors'),
    conv4,
    { ...parameters, ...statistics, ...head },
    {
      ...{
        classes: JSON.stringify(CLASSES),
        imageSize: '16',
        mean: '[0.5,0.5,0.5]',
        std: '[0.5,0.5,0.5]',
        head: 'trained',
      },
      resizing: '{"fit":"cover","interpolation":"lanczos","cropFraction":1,"orientation":"exif"}',
    },
  );
  await placeIcons(at('photos'), { a: 12, b: 5 });
  writeFileSync(at('photos/notes.txt'), 'no picture');
  mkdirSync(at('none'));
  writeFileSync(at('none/.hidden'), '');
});
afterAll(() => rmSync(root, { recursive: true }));
beforeEach(() => {
  warnings.length = 0;
  process.exitCode = undefined;
  rmSync(at('out.csv'), { force: true });
});

it('writes a row for each picture, with the classes in the order of the weights', async () => {
  const printed = await predict('photos');
  expect(printed).toMatch(
    /out\.csv: 17 pictures, by conv4\npredicted: .*\nnot used: 1 no picture by its bytes\n {2}notes\.txt: no picture by its bytes/,
  );
  expect(readFileSync(at('out.csv'), 'utf8').split('\n')[0]).toBe(
    `path,class,probability,p(path),'=sum,"cat, black"`,
  );
  const names = ['p(path)', '=sum', 'cat, black'];
  expect(rows()).toHaveLength(17);
  for (const row of rows()) {
    const shares = names.map((name) => Number(row[name]));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 4);
    expect(Number(row['probability'])).toBe(Math.max(...shares));
    expect(row['class']).toBe(CLASSES[shares.indexOf(Math.max(...shares))]);
  }
  expect(rows().map(({ path }) => path)).toContain('b/4.png');
  expect(process.exitCode).toBeUndefined();
});

it('names broken pictures and ends with an error after the others, or goes on with --skip-broken', async () => {
  await placeIcons(at('broken'), { a: 3 });
  writeFileSync(at('broken/a/1.png'), readFileSync(at('broken/a/1.png')).subarray(0, 60));
  await predict('broken');
  expect(rows().map(({ path }) => path)).toEqual(['a/0.png', 'a/2.png']);
  expect(warnings.join('\n')).toMatch(/a\/1\.png: a broken picture \(.+\)/);
  expect(process.exitCode).toBe(1);
  process.exitCode = undefined;
  await predict('broken', '--skip-broken');
  expect(process.exitCode).toBeUndefined();
});

it('counts how many answers of another program differ, and warns above the margin', async () => {
  await predict('photos');
  const [first, ...others] = rows();
  const theirs = (answer: string) =>
    writeFileSync(
      at('theirs.csv'),
      [
        'path,class',
        `${first!['path']},"${answer}"`,
        ...others.map((row) => `${row['path']},"${row['class']}"`),
      ].join('\n'),
    );
  theirs(first!['class']!);
  const same = await predict('photos', '--against', at('theirs.csv'));
  expect(same).toContain('0 of 17 answers differ (0.00 %)');
  expect(same).not.toContain('warning');
  theirs('dog');
  const differing = await predict('photos', '--against', at('theirs.csv'));
  expect(differing).toMatch(
    /1 of 17 answers differ \(5\.88 %\)\n {2}a\/0\.png: .* here, dog there\nwarning: more than 1 % differ/,
  );
});

it.each([
  ['none', [], /none has no picture that can be read: not used: 1 hidden/],
  ['nowhere', [], /there is no folder .*nowhere/],
  ['photos', ['--out', 'photos/a/0.png'], /--out "photos\/a\/0\.png": expected NAME\.csv/],
  ['photos', ['--weights', 'nowhere.safetensors'], /nowhere\.safetensors/],
  ['photos', ['--engine', 'onxx'], /onxx/],
] as const)('%s %j: refused, and no file is left', async (folder, flags, message) => {
  await expect(predict(folder, ...flags)).rejects.toThrow(message);
  expect(existsSync(at('out.csv'))).toBe(false);
  expect(readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
