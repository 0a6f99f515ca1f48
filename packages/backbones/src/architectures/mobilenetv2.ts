/**
 * MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381, table 2): inverted residual blocks of a 1 × 1 expansion, a 3 × 3
 * depthwise convolution and a linear 1 × 1 projection, ReLU6 between. Features are the global mean of the last 1280
 * channels. Parameters carry timm's names.
 *
 * `norms: 'batch'` has batch norms, for training from scratch. `norms: 'folded'` has biases in their place: the form of
 * models converted for inference, for example to TensorFlow Lite. It computes the same features and can be trained
 * further, without the statistics of the batch.
 */
import { float32, type HostTensor, type Tensor2D, type Tensor4D, tf } from '@clce/engine';
import type { Backbone } from '../backbone.ts';
import {
  batchNormParameters,
  batchNormStatistics,
  convolutionWeight,
  depthwiseWeight,
  LayerPass,
} from '../layers/layers.ts';
import { torchvisionMobileNetV2 } from '../weights/mobilenetv2-names.ts';

export interface MobileNetV2Options {
  readonly name: string;
  /** One line for lists of backbones. */
  readonly description: string;
  readonly norms: 'batch' | 'folded';
  /** Padding of strided convolutions: equal on both sides (PyTorch), or as little as needed (TensorFlow). */
  readonly padding: 'symmetric' | 'tensorflow';
}

/** Expansion, channels, blocks and first stride of each stage (t, c, n, s of the paper's table 2). */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;
const STEM_WIDTH = 32;
const FEATURES = 1280;

export const mobilenetv2 = buildMobileNetV2({
  name: 'mobilenetv2',
  description: 'MobileNetV2, trained from scratch',
  norms: 'batch',
  padding: 'symmetric',
});

interface Convolution {
  readonly kind: 'full' | 'depthwise';
  /** Name without `.weight`. */
  readonly name: string;
  readonly norm: string;
  readonly size: 1 | 3;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
  readonly rectified: boolean;
}

interface Block {
  readonly convolutions: readonly Convolution[];
  /** Whether the input is added to the output. */
  readonly residual: boolean;
}

export function buildMobileNetV2({ name, description, norms, padding }: MobileNetV2Options): Backbone {
  const plan = planBlocks();
  const convolutions = plan.flatMap((block) => block.convolutions);
  return {
    name,
    description,
    featureSize: () => FEATURES,
    classifier: 'classifier',
    layering: { depth: plan.length - 2, layerOf: (parameter) => layerOf(parameter, plan) },
    otherNames: { torchvision: torchvisionMobileNetV2 },

    initialise(_imageSize, draw) {
      const parameters: Record<string, HostTensor> = {};
      const statistics = {};
      for (const { kind, name: layer, norm, size, from, to } of convolutions) {
        const weight = `${layer}.weight`;
        Object.assign(
          parameters,
          kind === 'full'
            ? convolutionWeight(weight, size, from, to, draw)
            : depthwiseWeight(weight, size, to, draw),
        );
        if (norms === 'folded') {
          parameters[`${layer}.bias`] = float32([to]);
          continue;
        }
        Object.assign(parameters, batchNormParameters(norm, to));
        Object.assign(statistics, batchNormStatistics(norm, to));
      }
      return { parameters, statistics };
    },

    forward(weights, images, mode) {
      const pass = new LayerPass(weights, mode);
      const convolved = (x: Tensor4D, convolution: Convolution): Tensor4D => {
        const { kind, name: layer, norm, size, stride, rectified } = convolution;
        const window = { stride, padding: padding === 'symmetric' ? (size - 1) / 2 : ('same' as const) };
        const sums =
          kind === 'full'
            ? pass.convolution(`${layer}.weight`, x, window)
            : pass.depthwise(`${layer}.weight`, x, window);
        const centred = norms === 'folded' ? pass.bias(`${layer}.bias`, sums) : pass.batchNorm(norm, sums);
        return rectified ? tf.clipByValue(centred, 0, 6) : centred;
      };
      let x: Tensor4D = images;
      for (const block of plan) {
        const inner = block.convolutions.reduce(convolved, x);
        x = block.residual ? tf.add<Tensor4D>(x, inner) : inner;
      }
      return { features: tf.mean<Tensor2D>(x, [1, 2]), statistics: pass.statistics };
    },
  };
}

/** Stem, the 17 inverted residual blocks, the last 1 × 1 convolution. */
function planBlocks(): Block[] {
  const common = { kind: 'full', rectified: true, stride: 1 } as const;
  const stem: Convolution = {
    ...{ ...common, name: 'conv_stem', norm: 'bn1', size: 3, stride: 2, from: 3, to: STEM_WIDTH },
  };
  let from = STEM_WIDTH;
  const blocks = STAGES.flatMap(([expansion, to, count, firstStride], stage) =>
    Array.from({ length: count }, (_, index): Block => {
      const prefix = `blocks.${stage}.${index}`;
      const stride = index === 0 ? firstStride : 1;
      const wide = from * expansion;
      // Without an expansion, timm shifts the names by one: the norms start at bn1, and the projection is conv_pw.
      const expanded = expansion > 1;
      const expand: Convolution = {
        ...{ ...common, name: `${prefix}.conv_pw`, norm: `${prefix}.bn1`, size: 1, from, to: wide },
      };
      const depthwise: Convolution = {
        ...{ ...common, kind: 'depthwise', name: `${prefix}.conv_dw`, size: 3, stride, from: wide, to: wide },
        norm: `${prefix}.bn${expanded ? 2 : 1}`,
      };
      const project: Convolution = {
        ...{ ...common, name: `${prefix}.${expanded ? 'conv_pwl' : 'conv_pw'}`, size: 1, from: wide, to },
        norm: `${prefix}.bn${expanded ? 3 : 2}`,
        rectified: false,
      };
      const residual = stride === 1 && from === to;
      from = to;
      return { convolutions: expanded ? [expand, depthwise, project] : [depthwise, project], residual };
    }),
  );
  const last: Convolution = {
    ...{ ...common, name: 'conv_head', norm: 'bn2', size: 1, from, to: FEATURES },
  };
  return [{ convolutions: [stem], residual: false }, ...blocks, { convolutions: [last], residual: false }];
}

/** Layer 0 is the stem. Each inverted residual block is a layer. The last convolution and the head come after them. */
function layerOf(parameter: string, plan: readonly Block[]): number {
  const owner = parameter.slice(0, parameter.lastIndexOf('.'));
  const index = plan.findIndex(({ convolutions }) =>
    convolutions.some(({ name, norm }) => name === owner || norm === owner),
  );
  return index < 0 ? plan.length - 1 : index;
}
