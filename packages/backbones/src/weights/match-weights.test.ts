import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { float32, type HostTensor, type HostTensors } from '@clce/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBeit3 } from '../architectures/beit3.ts';
import type { Backbone } from '../backbone.ts';
import { getBackbone } from '../registry.ts';
import { openSafetensors, saveSafetensors } from './formats/safetensors.ts';
import { toTorch } from './layout.ts';
import { matchWeights, readMatched } from './match-weights.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-match-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const ramp = (tensor: string, count: number) =>
  Float32Array.from({ length: count }, (_, k) => Math.sin(k + tensor.length));

function tensorsOf(backbone: Backbone): HostTensors {
  const { parameters, statistics } = backbone.initialise(32, ramp);
  return { ...parameters, ...statistics };
}

async function saved(tensors: HostTensors) {
  const path = join(root, 'weights.safetensors');
  const inTorch = Object.entries(tensors).map(([name, tensor]) => [name, toTorch(name, tensor)]);
  await saveSafetensors(path, Object.fromEntries(inTorch));
  return openSafetensors(path);
}

describe('readMatched', () => {
  it.each(['resnet18', 'mobilenetv2', 'vit-tiny', 'conv4'])(
    'gives back what was saved of %s',
    async (name) => {
      const backbone = getBackbone(name);
      const tensors = tensorsOf(backbone);
      const { match, tensors: read } = await readMatched(await saved(tensors), backbone, tensors);
      // As bytes: a comparison of millions of numbers one by one takes a minute.
      const bytes = ({ data }: HostTensor) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      for (const [key, tensor] of Object.entries(read)) {
        expect(tensor.shape, key).toEqual(tensors[key]!.shape);
        expect(bytes(tensor).equals(bytes(tensors[key]!)), key).toBe(true);
      }
      expect(Object.keys(read)).toHaveLength(Object.keys(tensors).length);
      expect(match).toMatchObject({ naming: 'own', missing: [], leftOver: [], misshapen: [] });
    },
  );

  it('lists the surplus tensors of the official BEiT-3 checkpoint: text, masks and branch B', async () => {
    const beit3 = buildBeit3({
      ...{ name: 'beit3-tiny', description: '', patchSize: 8, width: 64, depth: 2, heads: 4 },
    });
    const path = fileURLToPath(new URL('../../../../fixtures/models/beit3.safetensors', import.meta.url));
    const match = matchWeights(await openSafetensors(path), beit3, tensorsOf(beit3));
    expect(match.missing).toEqual([]);
    expect(match.leftOver.filter((name) => !name.includes('.B.')).toSorted()).toEqual([
      'beit3.text_embed.weight',
      'beit3.vision_embed.mask_token',
      'head.bias',
      'head.weight',
    ]);
  });

  it('resizes the positions of a ViT to another image size', async () => {
    const vit = getBackbone('vit-tiny');
    const larger = vit.initialise(48, ramp).parameters;
    const { match, tensors } = await readMatched(await saved(tensorsOf(vit)), vit, larger);
    expect(match.misshapen).toEqual([]);
    expect(tensors['pos_embed']!.shape).toEqual([1, 1 + 9, 192]);
  });

  it('names missing tensors and tensors of another shape', async () => {
    const backbone = getBackbone('conv4');
    const { '0.conv.weight': gone, ...rest } = tensorsOf(backbone);
    expect(gone!.shape).toEqual([3, 3, 3, 64]);
    await expect(readMatched(await saved(rest), backbone, tensorsOf(backbone))).rejects.toThrow(
      /lacks: 0\.conv\.weight; is it a file for conv4\?/,
    );
    const other = { ...rest, '0.conv.weight': float32([5, 5, 3, 64]) };
    await expect(readMatched(await saved(other), backbone, tensorsOf(backbone))).rejects.toThrow(
      /0\.conv\.weight is \[5,5,3,64\] in the file and \[3,3,3,64\] in the backbone/,
    );
  });
});
