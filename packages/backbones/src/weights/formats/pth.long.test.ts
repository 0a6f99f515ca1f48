import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPth } from './pth.ts';

const PYTHON = '/usr/bin/python3';
const torch =
  existsSync(PYTHON) && !(await execa(PYTHON, ['-c', 'import torch.nn'], { reject: false })).failed;

const SAVE = `import sys, torch
from collections import OrderedDict
base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
state = OrderedDict(whole=base, shared=base[1], columns=base.permute(2, 0, 1), step=base[:, ::2, 1],
    half=base.half(), bfloat=base.bfloat16(), double=base.double(), long=torch.tensor([7, -9]), empty=base[:0],
    scalar=torch.tensor(0.5), parameter=torch.nn.Parameter(base[0]))
torch.save({'epoch': 3, 'state_dict': state}, sys.argv[1])`;

describe.skipIf(!torch)('files that PyTorch saves (skipped without Debian’s python3-torch)', () => {
  it('have all their tensors, whatever their type, strides and storage', async () => {
    const root = mkdtempSync(join(tmpdir(), 'clce-torch-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const path = join(root, 'saved.pth');
    await execa(PYTHON, ['-c', SAVE, path]);
    const { tensors } = await openPth(path);
    const values = async (name: string) => Array.from((await tensors.get(name)!.read()).data);
    const whole = Array.from({ length: 24 }, (_, k) => k);
    for (const name of ['whole', 'half', 'bfloat', 'double']) expect(await values(name), name).toEqual(whole);
    expect(await values('shared')).toEqual(whole.slice(12));
    expect(tensors.get('columns')!.shape).toEqual([4, 2, 3]);
    expect((await values('columns')).slice(0, 6)).toEqual([0, 4, 8, 12, 16, 20]);
    expect(await values('step')).toEqual([1, 9, 13, 21]);
    expect(await values('long')).toEqual([7, -9]);
    expect(await values('empty')).toEqual([]);
    expect(await values('scalar')).toEqual([0.5]);
    expect(await values('parameter')).toEqual(whole.slice(0, 12));
    expect(tensors.size).toBe(11);
  });
});
