/** What `clce compare` refuses before it trains anything. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { placeIcons } from '../testing/icon-pictures.ts';
import { printedBy } from '../testing/printed-by.ts';
import { addCompareCommand } from './compare.ts';

const root = mkdtempSync(join(tmpdir(), 'clce-compare-'));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true }));

const compare = (folder: string, ...flags: string[]) =>
  printedBy(
    addCompareCommand,
    ...['compare', at(folder), '--budget', '15m', '--backbone', 'conv4', '--out', at('out')],
    ...['--data', at('data'), '--ledger', at('runs'), ...flags],
  );

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await placeIcons(at('few'), { a: 5, b: 5, c: 5 });
  await placeIcons(at('photos'), { a: 12, b: 12 });
});

describe('clce compare', () => {
  it('says in one line that three classes of five pictures can answer nothing', async () => {
    await expect(compare('few')).rejects.toThrow(/few can answer no question: .*fewer than 10 units/);
  });

  it('says why a folder cannot answer what is asked', async () => {
    await expect(compare('photos', '--measure', 'few-shot')).rejects.toThrow(
      /photos cannot answer --measure few-shot: 5-way episodes need \d+ classes/,
    );
  });

  it.each([
    [['--losses', 'ce,clec'], /unknown loss "clec"\. Did you mean "clce"\?/],
    [['--backbone', 'conv5'], /unknown backbone "conv5"\. Did you mean "conv4"\?/],
    [
      ['--backbone', 'resnet18=r.pth'],
      /--normalisation: say what .*r\.pth was trained with: imagenet .* or inception/,
    ],
    [['--losses', 'ce'], /--losses: expected two or more, the first of which is the reference; got ce/],
    [['--losses', 'ce,ce'], /--losses: ce stands twice/],
  ])('%j: refused before the pictures are read', async (flags, message) => {
    await expect(compare('nowhere', ...flags)).rejects.toThrow(message);
  });

  it.each([
    [['--budget', '15'], /"15" is no duration such as 15m or 4h/],
    [['--measure', 'head,recall'], /Expected head, few-shot or both/],
    [['--margin', '0'], /"0" is no number of points above 0/],
  ])('%j: refused', async (flags, message) => {
    await expect(compare('photos', ...flags)).rejects.toThrow(message);
  });

  it('leaves no file where it refuses', () => {
    mkdirSync(at('out'), { recursive: true });
    writeFileSync(at('out/mine.txt'), '');
    expect(readdirSync(at('out'))).toEqual(['mine.txt']);
  });
});
