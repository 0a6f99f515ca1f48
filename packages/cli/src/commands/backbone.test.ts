import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openOnnxExtractor } from '@clce/backbones';
import { float32 } from '@clce/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printedBy } from '../testing/printed-by.ts';
import { addBackboneCommand } from './backbone.ts';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-backbone-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const clce = (...words: readonly string[]) => printedBy(addBackboneCommand, 'backbone', ...words);

describe('clce backbone', () => {
  it('list and info show each backbone, its size and its weights', async () => {
    const listed = await clce('list');
    expect(listed).toMatch(/mobilenetv2-openimages +│ bundled/);
    expect(listed).toMatch(/beit3-base +│ from a file/);
    const info = await clce('info', 'resnet50');
    expect(info).toMatch(/parameters +23\.51 M/);
    expect(info).toMatch(/features +2048/);
    await expect(clce('info', 'resnet5')).rejects.toThrow(/^unknown backbone "resnet5"/);
  });

  it('inspect shows the tensors of a file, and which of them fit an architecture', async () => {
    const file = join(repository, 'fixtures/models/resnet_basic.safetensors');
    const stdout = await clce('inspect', file, '--backbone', 'resnet18');
    expect(stdout).toMatch(/^F32 +\[8, 64, 3, 3\] +layer1\.0\.conv1\.weight$/m);
    expect(stdout).toMatch(/for resnet18, by own names: \d+ tensors fit/);
    expect(stdout).toMatch(
      /of another shape: \d+\n {2}layer1\.0\.conv1\.weight is \[3,3,64,8\] in the file and \[3,3,64,64\]/,
    );
    const bundled = await clce('inspect', '--backbone', 'mobilenetv2-openimages');
    expect(bundled).toMatch(
      /by tensorflow names: 104 tensors fit\nmissing: 0\nof another shape: 0\nleft over: 43\n/,
    );
    await expect(clce('inspect', join(repository, 'README.md'))).rejects.toThrow(
      /README\.md is no weight file/,
    );
  });

  it('export-onnx writes a model that ONNX Runtime runs', async () => {
    const out = join(root, 'model.onnx');
    const stdout = await clce(
      'export-onnx',
      'mobilenetv2-openimages',
      '--size',
      '32',
      '--batch',
      '2',
      '--out',
      out,
    );
    expect(stdout).toContain(`${statSync(out).size} bytes`);
    expect(stdout).toMatch(/input\/images float32 \[2, 32, 32, 3\].*\n.*inception/);
    const extractor = await openOnnxExtractor(out);
    const { data, shape } = await extractor.features(float32([2, 32, 32, 3]));
    await extractor.dispose();
    expect(shape).toEqual([2, 1280]);
    expect(Math.max(...data)).toBeGreaterThan(0);
    await expect(clce('export-onnx', 'resnet18', '--out', out)).rejects.toThrow(
      /^resnet18 brings no weights: name a file/,
    );
  });

  it('probe reports a missing data set, and a missing file of one', async () => {
    const probe = ['probe', 'mobilenetv2-openimages', '--dataset', 'no-such-set'];
    await expect(clce(...probe)).rejects.toThrow(/^unknown data set "no-such-set"/);
    await expect(clce(...probe, '--dataset-file', 'no-such-file.ts')).rejects.toThrow(/no-such-file\.ts/);
  });
});
