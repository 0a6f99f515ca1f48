/**
 * ResNet (He et al. 2016, arXiv 1512.03385) as torchvision and timm build it: stem of 7 × 7 and max pooling, four stages,
 * global average pooling. The stride of a bottleneck is in its 3 × 3 convolution. Parameters carry the names that
 * torchvision and timm share.
 *
 * A convolution of stride 2 is padded equally on both sides, as in PyTorch; 'same' would pad as little as needed.
 */
import { type Tensor2D, type Tensor4D, tf } from '@clce/engine';
import type { Backbone } from '../backbone.ts';
import { batchNormParameters, batchNormStatistics, convolutionWeight, LayerPass } from '../layers/layers.ts';

type PerStage = readonly [number, number, number, number];

export interface ResNetOptions {
  readonly name: string;
  /** One line for lists of backbones. */
  readonly description: string;
  readonly block: 'basic' | 'bottleneck';
  /** Number of blocks in each of the four stages. */
  readonly blocks: PerStage;
  /** Channels of the 3 × 3 convolutions of the four stages, 64-128-256-512 by default. */
  readonly widths?: PerStage;
}

const STEM_WIDTH = 64;
/** Output channels of a block divided by the width of its 3 × 3 convolutions. */
const EXPANSION = { basic: 1, bottleneck: 4 } as const;

/** The sizes of table 1 of the paper. */
export const resnets: readonly Backbone[] = (
  [
    [18, 'basic', [2, 2, 2, 2]],
    [34, 'basic', [3, 4, 6, 3]],
    [50, 'bottleneck', [3, 4, 6, 3]],
    [101, 'bottleneck', [3, 4, 23, 3]],
  ] as const
).map(([layers, block, blocks]) =>
  buildResNet({ name: `resnet${layers}`, description: `ResNet-${layers}`, block, blocks }),
);

/** One convolution of a block, with the batch norm after it. */
interface Convolution {
  readonly weight: string;
  readonly norm: string;
  readonly size: 1 | 3;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
}

interface Block {
  readonly convolutions: readonly Convolution[];
  /** Replaces the identity where the shape changes. */
  readonly shortcut: Convolution | undefined;
}

export function buildResNet(options: ResNetOptions): Backbone {
  const { name, description, block, blocks, widths = [64, 128, 256, 512] } = options;
  const expansion = EXPANSION[block];
  const plan = planBlocks(block, blocks, widths);

  return {
    name,
    description,
    featureSize: () => widths[3] * expansion,
    classifier: 'fc',
    layering: { depth: plan.length, layerOf: (parameter) => layerOf(parameter, blocks) },

    initialise(_imageSize, draw) {
      const parameters = {
        ...convolutionWeight('conv1.weight', 7, 3, STEM_WIDTH, draw),
        ...batchNormParameters('bn1', STEM_WIDTH),
      };
      const statistics = batchNormStatistics('bn1', STEM_WIDTH);
      for (const { weight, norm, size, from, to } of plan.flatMap(convolutionsOf)) {
        Object.assign(
          parameters,
          convolutionWeight(weight, size, from, to, draw),
          batchNormParameters(norm, to),
        );
        Object.assign(statistics, batchNormStatistics(norm, to));
      }
      return { parameters, statistics };
    },

    forward(weights, images, mode) {
      const pass = new LayerPass(weights, mode);
      const convolved = ({ weight, norm, size, stride }: Convolution, x: Tensor4D) =>
        pass.batchNorm(norm, pass.convolution(weight, x, { stride, padding: (size - 1) / 2 }));
      const stem = pass.convolution('conv1.weight', images, { stride: 2, padding: 3 });
      let x: Tensor4D = tf.maxPool(tf.relu(pass.batchNorm('bn1', stem)), 3, 2, 1);
      for (const { convolutions, shortcut } of plan) {
        let inner = x;
        for (const [index, convolution] of convolutions.entries()) {
          inner = convolved(convolution, index === 0 ? inner : tf.relu(inner));
        }
        x = tf.relu(tf.add<Tensor4D>(inner, shortcut === undefined ? x : convolved(shortcut, x)));
      }
      return { features: tf.mean<Tensor2D>(x, [1, 2]), statistics: pass.statistics };
    },
  };
}

function planBlocks(kind: ResNetOptions['block'], blocks: PerStage, widths: PerStage): Block[] {
  let from = STEM_WIDTH;
  return blocks.flatMap((count, stage) =>
    Array.from({ length: count }, (_, index): Block => {
      const width = widths[stage]!;
      const to = width * EXPANSION[kind];
      const stride = index === 0 && stage > 0 ? 2 : 1;
      const prefix = `layer${stage + 1}.${index}`;
      const convolution = (place: number, size: 1 | 3, input: number, output: number, step = 1) => ({
        weight: `${prefix}.conv${place}.weight`,
        norm: `${prefix}.bn${place}`,
        ...{ size, from: input, to: output, stride: step },
      });
      const convolutions =
        kind === 'basic'
          ? [convolution(1, 3, from, width, stride), convolution(2, 3, width, to)]
          : [
              convolution(1, 1, from, width),
              convolution(2, 3, width, width, stride),
              convolution(3, 1, width, to),
            ];
      const shortcut =
        stride === 1 && from === to
          ? undefined
          : {
              weight: `${prefix}.downsample.0.weight`,
              norm: `${prefix}.downsample.1`,
              ...{ size: 1 as const, from, to, stride },
            };
      from = to;
      return { convolutions, shortcut };
    }),
  );
}

function convolutionsOf({ convolutions, shortcut }: Block): readonly Convolution[] {
  return shortcut === undefined ? convolutions : [...convolutions, shortcut];
}

/** Layer 0 is the stem, each block is a layer, the head is the last layer. */
function layerOf(parameter: string, blocks: PerStage): number {
  const [, stage, index] = /^layer(\d)\.(\d+)\./.exec(parameter) ?? [];
  const before = (stages: number) => blocks.slice(0, stages).reduce((sum, count) => sum + count, 0);
  if (stage !== undefined) return before(Number(stage) - 1) + Number(index) + 1;
  return /^(conv1|bn1)\./.test(parameter) ? 0 : before(4) + 1;
}
