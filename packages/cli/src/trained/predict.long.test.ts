/** `clce predict` on many pictures holds a batch of them, not the folder. */
import { appendFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getBackbone, initialiseLinearHead, saveWeights } from '@clce/backbones';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { placeIcons } from '../testing/icon-pictures.ts';
import { printedBy } from '../testing/printed-by.ts';
import { addPredictCommand } from './command.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-many-'));
const at = (...names: string[]) => join(root, ...names);
const KILOBYTES = 32;
const MANY = 20_000;

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const draw = (name: string, count: number) =>
    Float32Array.from({ length: count }, (_, k) => Math.sin(1 + k + name.length));
  const conv4 = getBackbone('conv4');
  const { parameters, statistics } = conv4.initialise(16, draw);
  const head = initialiseLinearHead(conv4.featureSize(16), 2, draw);
  await saveWeights(
    at('best.safetensors'),
    conv4,
    { ...parameters, ...statistics, ...head },
    {
      ...{
        classes: '["a","b"]',
        imageSize: '16',
        mean: '[0.5,0.5,0.5]',
        std: '[0.5,0.5,0.5]',
        head: 'trained',
      },
      resizing: '{"fit":"cover","interpolation":"lanczos","cropFraction":1,"orientation":"exif"}',
    },
  );
  await placeIcons(at('one'), { a: 1 });
  // Bytes after the end of a PNG are no part of the picture, but of the file.
  appendFileSync(at('one/a/0.png'), Buffer.alloc(1024 * KILOBYTES, 1));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Links are other files to a reader. @returns megabytes of this process at most */
async function peakOf(name: string, count: number): Promise<number> {
  for (let k = 0; k < count; k++) {
    if (k % 1000 === 0) mkdirSync(at(name, `${k / 1000}`), { recursive: true });
    linkSync(at('one/a/0.png'), at(name, `${Math.floor(k / 1000)}`, `${k}.png`));
  }
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() / 2 ** 20);
  }, 20);
  const printed = await printedBy(
    addPredictCommand,
    ...['predict', at(name), '--weights', at('best.safetensors'), '--out', at(`${name}.csv`)],
  );
  clearInterval(timer);
  expect(printed).toContain(`${count} pictures`);
  expect(
    readFileSync(at(`${name}.csv`), 'utf8')
      .trimEnd()
      .split('\n'),
  ).toHaveLength(count + 1);
  return peak;
}

it('takes little more memory for ten times as many pictures', async () => {
  const few = await peakOf('few', MANY / 10);
  const many = await peakOf('many', MANY);
  const bytesOfFiles = (MANY * KILOBYTES) / 1024;
  expect(many - few).toBeLessThan(bytesOfFiles / 3);
});
