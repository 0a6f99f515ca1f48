import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { getBackbone } from '../registry.ts';
import { matchWeights } from './match-weights.ts';

const PYTHON = '/usr/bin/python3';
const torchvision =
  existsSync(PYTHON) && !(await execa(PYTHON, ['-c', 'import torchvision.models'], { reject: false })).failed;

describe.skipIf(!torchvision)(
  'torchvision’s own names and shapes (skipped without Debian’s python3-torchvision)',
  () => {
    it.each([
      ['resnet18', 'resnet18', 32],
      ['resnet50', 'resnet50', 32],
      ['mobilenetv2', 'mobilenet_v2', 32],
      ['vit-base', 'vit_b_16', 224],
    ])('%s', async (name, theirs, size) => {
      const program = `import torchvision.models as m, json
print(json.dumps({k: list(v.shape) for k, v in m.${theirs}(weights=None).state_dict().items()}))`;
      const { stdout } = await execa(PYTHON, ['-c', program]);
      const shapes = Object.entries(JSON.parse(stdout) as Record<string, number[]>);
      const never = () => Promise.reject(new Error('only names and shapes are compared'));
      const tensors = new Map(shapes.map(([key, shape]) => [key, { dtype: 'F32', shape, read: never }]));
      const backbone = getBackbone(name);
      const { parameters, statistics } = backbone.initialise(size, (_, count) => new Float32Array(count));
      const match = matchWeights({ path: theirs, format: 'pth', tensors }, backbone, {
        ...parameters,
        ...statistics,
      });
      expect(match.missing).toEqual([]);
      expect(match.misshapen).toEqual([]);
      expect(
        match.leftOver.filter((key) => !/num_batches_tracked|^(fc|classifier|heads)\./.test(key)),
      ).toEqual([]);
    });
  },
);
