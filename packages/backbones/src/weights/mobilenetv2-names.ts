/** Names of MobileNetV2's tensors in torchvision and TensorFlow. */
import type { NameMap } from '../backbone.ts';

/** timm numbers the inverted residual blocks within each stage; torchvision and TensorFlow number them consecutively. */
const BLOCKS: readonly string[] = [1, 2, 3, 4, 3, 3, 1].flatMap((count, stage) =>
  Array.from({ length: count }, (_, index) => `blocks.${stage}.${index}`),
);

/** torchvision's `mobilenet_v2` (torchvision/models/mobilenetv2.py): a block's layers are a sequence. */
export const torchvisionMobileNetV2: NameMap = (name) => {
  const [, place, rest] = /^features\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (place === undefined) return name.replace(/^classifier\.1\./, 'head.');
  const index = Number(place);
  const [layer, last] = [rest!.slice(0, rest!.lastIndexOf('.')), rest!.slice(rest!.lastIndexOf('.'))];
  const parts = index === 0 ? ['conv_stem', 'bn1'] : index === 18 ? ['conv_head', 'bn2'] : undefined;
  if (parts !== undefined) return layer === '0' || layer === '1' ? parts[Number(layer)]! + last : undefined;
  const inside = index === 1 ? TORCHVISION_FIRST.get(layer) : TORCHVISION_BLOCK.get(layer);
  const block = BLOCKS[index - 1];
  return inside === undefined || block === undefined ? undefined : `${block}.${inside}${last}`;
};

const TORCHVISION_FIRST: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'conv.0.0': 'conv_dw',
    'conv.0.1': 'bn1',
    'conv.1': 'conv_pw',
    'conv.2': 'bn2',
  }),
);

const TORCHVISION_BLOCK: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'conv.0.0': 'conv_pw',
    'conv.0.1': 'bn1',
    'conv.1.0': 'conv_dw',
    'conv.1.1': 'bn2',
    'conv.2': 'conv_pwl',
    'conv.3': 'bn3',
  }),
);

/**
 * Names of TensorFlow's object detection models. Their converter folds operations into a constant and joins the
 * operations' names. The first name gives the layer. It ends in Conv2D for a filter; a depthwise filter's joined name
 * holds the name of the depthwise operation.
 */
export const tensorflowMobileNetV2: NameMap = (joined) => {
  const first = joined.split(';')[0]!;
  const [, place, part] = /MobilenetV2\/(Conv|Conv_1|expanded_conv(?:_\d+)?)\/(?:(\w+)\/)?/.exec(first) ?? [];
  if (place === undefined) return undefined;
  const kind = first.endsWith('/Conv2D') || joined.includes('/depthwise/depthwise') ? 'weight' : 'bias';
  if (place === 'Conv') return `conv_stem.${kind}`;
  if (place === 'Conv_1') return `conv_head.${kind}`;
  const block = BLOCKS[Number(/\d+$/.exec(place)?.[0] ?? 0)];
  const layer = (block === BLOCKS[0] ? TENSORFLOW_FIRST : TENSORFLOW_BLOCK)[part ?? ''];
  return block === undefined || layer === undefined ? undefined : `${block}.${layer}.${kind}`;
};

const TENSORFLOW_BLOCK: Readonly<Record<string, string>> = {
  expand: 'conv_pw',
  depthwise: 'conv_dw',
  project: 'conv_pwl',
};
const TENSORFLOW_FIRST: Readonly<Record<string, string>> = { depthwise: 'conv_dw', project: 'conv_pw' };
