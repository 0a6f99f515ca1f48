/** Fine-tuned weights that are saved here load in PyTorch, under timm's and torchvision's own names, and compute the same. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  adamW,
  constantRate,
  float32,
  type HostTensor,
  type HostTensors,
  onnxEngine,
  optimizerInputs,
  optimizerState,
  permuted,
  specsOf,
  type Tensor4D,
  tf,
  trainingStep,
} from '@clce/engine';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initialiseLinearHead, linearHead } from '../layers/linear-head.ts';
import { getBackbone } from '../registry.ts';
import { saveSafetensors } from './formats/safetensors.ts';
import { openWeightFile } from './open-weights.ts';
import { saveWeights } from './save-weights.ts';

const PYTHON = '/usr/bin/python3';
const torchvision =
  existsSync(PYTHON) && !(await execa(PYTHON, ['-c', 'import torchvision.models'], { reject: false })).failed;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-torch-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Reads safetensors by the format's own description; a ViT in plain PyTorch whose modules are called as timm's. */
const PROGRAM = `import json, struct, sys, torch, torchvision.models as models
from torch import nn
def read(path):
    raw = open(path, 'rb').read()
    length = struct.unpack('<Q', raw[:8])[0]
    header = json.loads(raw[8:8 + length])
    return {k: torch.frombuffer(bytearray(raw[8 + length + v['data_offsets'][0]:8 + length + v['data_offsets'][1]]),
            dtype=torch.float32).reshape(v['shape']) for k, v in header.items() if k != '__metadata__'}
class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)
    def forward(self, x):
        n, t, c = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        a = (q @ k.transpose(-2, -1) / (c // self.heads) ** 0.5).softmax(-1)
        return self.proj((a @ v).transpose(1, 2).reshape(n, t, c))
class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
    def forward(self, x):
        return self.fc2(nn.functional.gelu(self.fc1(x)))
class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.attn, self.mlp = Attention(width, heads), Mlp(width)
    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))
class Vit(nn.Module):
    def __init__(self, width=192, depth=12, heads=3, size=32, classes=7):
        super().__init__()
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, 16, 16)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // 16) ** 2 + 1, width))
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(width, 1e-6), nn.Linear(width, classes)
    def forward(self, x):
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])
net = Vit() if sys.argv[1] == 'vit-tiny' else getattr(models, sys.argv[1])(weights=None, num_classes=7)
net.load_state_dict(read(sys.argv[2]))
with torch.inference_mode():
    print(json.dumps(net.eval()(read(sys.argv[3])['images']).flatten().tolist()))`;

const CLASSES = 7;
const wave = (tensor: string, count: number) =>
  Float32Array.from({ length: count }, (_, k) => 1.4 * Math.sin(1 + k * 1.7 + tensor.length));

describe.skipIf(!torchvision)('in PyTorch (skipped without Debian’s python3-torchvision)', () => {
  it.each([
    ['resnet18', 64],
    ['resnet50', 64],
    ['vit-tiny', 32],
  ] as const)('a fine-tuned %s gives the same logits', async (name, size) => {
    const images = float32([2, size, size, 3], wave('images', 2 * size * size * 3));
    const { weights, logits } = await fineTuned(name, images);
    const path = join(root, `${name}.safetensors`);
    const inputs = join(root, 'images.safetensors');
    await saveWeights(path, getBackbone(name), weights, { dataset: 'waves' });
    await saveSafetensors(inputs, { images: permuted(images, [0, 3, 1, 2]) });
    expect((await openWeightFile(path)).metadata).toEqual({
      format: 'pt',
      architecture: name,
      dataset: 'waves',
    });
    const { stdout } = await execa(PYTHON, ['-c', PROGRAM, name, path, inputs]);
    const theirs = JSON.parse(stdout) as number[];
    const largest = Math.max(...theirs.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    expect(theirs).toHaveLength(logits.data.length);
    const worst = Math.max(...theirs.map((value, k) => Math.abs(value - logits.data[k]!)));
    expect(worst / largest).toBeLessThan(1e-4);
  });
});

/** Three steps of AdamW, and what the result says of the images. */
async function fineTuned(
  name: string,
  images: HostTensor,
): Promise<{ weights: HostTensors; logits: HostTensor }> {
  const backbone = getBackbone(name);
  const size = images.shape[1]!;
  const { parameters, statistics } = backbone.initialise(size, wave);
  const trained = { ...parameters, ...initialiseLinearHead(backbone.featureSize(size), CLASSES, wave) };
  const optimizer = adamW({ schedule: constantRate(1e-3) });
  const initial = { ...trained, ...statistics, ...optimizerState(optimizer, trained) };
  const engine = onnxEngine();
  const state = engine.createState(initial);
  const train = await engine.compile(
    trainingStep({
      parameters: Object.keys(trained),
      optimizer,
      loss(weights, inputs) {
        const { features, statistics: updated } = backbone.forward(
          weights,
          inputs['images'] as Tensor4D,
          'training',
        );
        return { loss: tf.mean(tf.square(tf.sub(linearHead(weights, features), 1))), state: updated };
      },
    }),
    { state: specsOf(initial), inputs: specsOf({ images, ...optimizerInputs(optimizer, 0) }) },
  );
  for (let step = 0; step < 3; step++)
    await train.run(state, { images, ...optimizerInputs(optimizer, step) });
  await train.dispose();
  const weights = await state.read([...Object.keys(trained), ...Object.keys(statistics)]);
  state.dispose();

  const evaluate = await engine.compile(
    ({ state: fixed, inputs }) => {
      const { features } = backbone.forward(fixed, inputs['images'] as Tensor4D, 'evaluation');
      return { outputs: { logits: linearHead(fixed, features) } };
    },
    { state: specsOf(weights), inputs: specsOf({ images }) },
  );
  const { logits } = await evaluate.run(engine.createState(weights), { images });
  await evaluate.dispose();
  expect(weights['head.bias']!.data).not.toEqual(initial['head.bias']!.data);
  return { weights, logits: logits! };
}
