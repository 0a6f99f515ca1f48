/** What is saved here loads in PyTorch under torchvision's own names, and computes the same. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32, type HostTensors, onnxEngine, specsOf, type Tensor4D } from '@clce/engine';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getBackbone } from '../registry.ts';
import { permuted, toTorch } from './layout.ts';
import { saveSafetensors } from './safetensors.ts';

const PYTHON = '/usr/bin/python3';
const torchvision =
  existsSync(PYTHON) && !(await execa(PYTHON, ['-c', 'import torchvision.models'], { reject: false })).failed;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'clce-torch-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const PROGRAM = `import json, struct, sys, torch, torchvision.models as models
raw = open(sys.argv[2], 'rb').read()
length = struct.unpack('<Q', raw[:8])[0]
header = json.loads(raw[8:8 + length])
tensors = {k: torch.frombuffer(bytearray(raw[8 + length + v['data_offsets'][0]:8 + length + v['data_offsets'][1]]),
           dtype=torch.float32).reshape(v['shape']) for k, v in header.items() if k != '__metadata__'}
images = tensors.pop('images')
net = getattr(models, sys.argv[1])(weights=None)
net.fc = torch.nn.Identity()
missing, unexpected = net.load_state_dict(tensors, strict=False)
assert not unexpected and all(k.endswith('num_batches_tracked') for k in missing), (missing, unexpected)
with torch.inference_mode():
    print(json.dumps(net.eval()(images).flatten().tolist()))`;

describe.skipIf(!torchvision)('in torchvision (skipped without Debian’s python3-torchvision)', () => {
  it.each(['resnet18', 'resnet50'])('%s gives the same features', async (name) => {
    const backbone = getBackbone(name);
    const { parameters, statistics } = backbone.initialise(64, (tensor, count) =>
      Float32Array.from({ length: count }, (_, k) => 1.4 * Math.sin(1 + k * 1.7 + tensor.length)),
    );
    const weights: HostTensors = { ...parameters, ...statistics };
    const images = float32(
      [2, 64, 64, 3],
      Array.from({ length: 2 * 64 * 64 * 3 }, (_, k) => Math.sin(k * 1.3) + Math.cos(k * 0.017)),
    );
    const inTorch = Object.entries(weights).map(([key, tensor]) => [key, toTorch(key, tensor)]);
    const path = join(root, `${name}.safetensors`);
    await saveSafetensors(path, { ...Object.fromEntries(inTorch), images: permuted(images, [0, 3, 1, 2]) });
    const theirs = JSON.parse((await execa(PYTHON, ['-c', PROGRAM, name, path])).stdout) as number[];

    const step = await onnxEngine().compile(
      ({ state, inputs }) => ({
        outputs: {
          features: backbone.forward(state, inputs['images'] as Tensor4D, 'evaluation').features,
        },
      }),
      { state: specsOf(weights), inputs: specsOf({ images }) },
    );
    const state = onnxEngine().createState(weights);
    const { features } = await step.run(state, { images });
    await step.dispose();
    const largest = Math.max(...theirs.map(Math.abs));
    expect(largest).toBeGreaterThan(0);
    expect(theirs).toHaveLength(features!.data.length);
    const worst = Math.max(...theirs.map((value, k) => Math.abs(value - features!.data[k]!)));
    expect(worst / largest).toBeLessThan(1e-4);
  });
});
