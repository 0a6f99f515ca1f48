import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPreset, type Preset, parsePresetFile } from '@clce/experiments';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { comparisonPreset } from './comparison-preset.ts';
import { readPlan, SUITE_FILE, writePlan } from './plan-files.ts';

const plan = { steps: 400, trials: 8, folds: 4, seeds: 1, seconds: 700, difference: 3, margin: 3.5 };
const preset = comparisonPreset(
  {
    ...{ dataset: 'photos', imageSize: 32, backbone: 'conv4', losses: ['ce', 'clce'], measures: ['head'] },
    ...{ batchSize: 32, engine: 'onnx', flip: true, margin: 1, seed: 0 },
  },
  plan,
);
const asked = { folder: '../photos', losses: ['ce', 'clce'], budget: 900 };
const record = {
  ...{ asked, pictures: 'f00d', plan, twice: { ...plan, folds: 8 } },
  positives: 0.8,
  costs: [{ title: 'CE', secondsPerStep: 0.1, overheadSeconds: 6 }],
};

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-plan-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const written = () => writePlan(root, record, preset, { pictures: { photos: { folder: '../photos' } } });

describe('the plan of a comparison', () => {
  it('is a suite of its own, with the folder of pictures', async () => {
    await written();
    const file = parsePresetFile(
      readFileSync(join(root, SUITE_FILE), 'utf8'),
      join(root, SUITE_FILE),
      'preset',
    );
    expect(file.pictures).toEqual([{ name: 'photos', folder: join(root, '../photos') }]);
    // The data set is known once the folder is added.
    const without = { ...preset, datasets: ['icons'] };
    expect(checkPreset({ ...file.appliedTo({} as Preset), datasets: ['icons'] })).toEqual(
      checkPreset(without),
    );
  });

  it('is read back by the same request, and missing before it is written', async () => {
    expect(await readPlan(root, asked)).toBeUndefined();
    await written();
    expect(await readPlan(root, { ...asked })).toEqual(record);
  });

  it('is refused for another request, with what was asked', async () => {
    await written();
    await expect(readPlan(root, { ...asked, budget: 60, skipBroken: true })).rejects.toThrow(
      `${root} holds another plan (budget was 900, skipBroken was null); another --out plans anew`,
    );
  });

  it('is refused where the suite was edited or the record is damaged', async () => {
    await written();
    appendFileSync(join(root, SUITE_FILE), '# mine\n');
    await expect(readPlan(root, asked)).rejects.toThrow(
      /compare\.yaml is not as it was planned; ".*" runs it as it is/,
    );
    await written();
    writeFileSync(join(root, 'compare.plan.json'), '{}');
    await expect(readPlan(root, asked)).rejects.toThrow(/is not as it was planned/);
  });
});
