import { existsSync } from 'node:fs';
import { float32 } from '@clce/engine';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { resizePositions } from './resize-positions.ts';

const PYTHON = '/usr/bin/python3';
const torch =
  existsSync(PYTHON) && !(await execa(PYTHON, ['-c', 'import torch.nn'], { reject: false })).failed;

const BEFORE = 3;
const WIDTH = 2;
const tableOf = (side: number) =>
  float32(
    [1, BEFORE + side ** 2, WIDTH],
    Array.from({ length: (BEFORE + side ** 2) * WIDTH }, (_, k) => Math.sin(1 + k * 1.7)),
  );

describe.skipIf(!torch)(
  'as torch.nn.functional.interpolate does (skipped without Debian’s python3-torch)',
  () => {
    it.each([
      { from: 4, to: 7, antialias: false },
      { from: 4, to: 7, antialias: true },
      { from: 14, to: 5, antialias: false },
      { from: 14, to: 5, antialias: true },
      { from: 1, to: 3, antialias: false },
    ])('from $from² to $to², antialias $antialias', async ({ from, to, antialias }) => {
      const table = tableOf(from);
      const program = `import json, sys, torch
t = torch.tensor(json.load(sys.stdin), dtype=torch.float32).reshape(1, ${from}, ${from}, ${WIDTH}).permute(0, 3, 1, 2)
r = torch.nn.functional.interpolate(t, size=(${to}, ${to}), mode='bicubic', align_corners=False, antialias=${antialias ? 'True' : 'False'})
print(json.dumps(r.permute(0, 2, 3, 1).flatten().tolist()))`;
      const grid = JSON.stringify(Array.from(table.data.slice(BEFORE * WIDTH)));
      const { stdout } = await execa(PYTHON, ['-c', program], { input: grid });
      const expected = JSON.parse(stdout) as number[];
      const resized = resizePositions(table, BEFORE + to ** 2, { before: BEFORE, antialias });
      expect(resized.shape).toEqual([1, BEFORE + to ** 2, WIDTH]);
      expect(resized.data.slice(0, BEFORE * WIDTH)).toEqual(table.data.slice(0, BEFORE * WIDTH));
      const worst = expected.map((value, k) => Math.abs(value - resized.data[BEFORE * WIDTH + k]!));
      expect(Math.max(...worst)).toBeLessThan(2e-6);
    });
  },
);
