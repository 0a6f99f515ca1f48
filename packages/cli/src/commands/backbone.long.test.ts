import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { printedBy } from '../testing/printed-by.ts';
import { addBackboneCommand } from './backbone.ts';

it('clce backbone probe: pretrained features beside pixels and random weights, on the same episodes', async () => {
  const root = mkdtempSync(join(tmpdir(), 'clce-probe-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  cpSync(process.env['CLCE_TEST_ICONS']!, join(root, 'data'), { recursive: true });
  const args = ['--size', '32', '--episodes', '20', '--data', join(root, 'data')];
  const stdout = await printedBy(addBackboneCommand, 'backbone', 'probe', 'mobilenetv2-openimages', ...args);
  const accuracy = (features: string) =>
    [...stdout.matchAll(new RegExp(`${features} +│ +([15]) +│ +([\\d.]+)`, 'g'))].map(([, , value]) =>
      Number(value),
    );
  for (const features of ['raw pixels', 'random weights', 'pretrained weights']) {
    expect(accuracy(features)).toHaveLength(2);
  }
  const [random, pretrained] = [accuracy('random weights'), accuracy('pretrained weights')];
  for (const shot of [0, 1]) expect(pretrained[shot]).toBeGreaterThan(random[shot]!);
});
