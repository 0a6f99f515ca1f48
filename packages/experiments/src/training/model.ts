/**
 * The model that a cell trains: a backbone, a linear head and an optional projection head. The initial weights are the same for
 * every loss. Classifiers see the backbone's features. The contrastive term sees their projection if there is a projection head.
 */
import {
  type Backbone,
  type ForwardResult,
  getBackbone,
  initialiseLinearHead,
  initialiseProjection,
  linearHead,
  type NormalDraw,
  type ProjectionHead,
  projectionHead,
  readMatched,
  type WeightFile,
} from '@clce/backbones';
import type { ChannelStatistics, Dataset } from '@clce/datasets';
import {
  type Engine,
  type HostTensors,
  type State,
  specsOf,
  type Tensor2D,
  type Tensor4D,
  type Tensors,
} from '@clce/engine';
import { eachBatch } from '../evaluation/each-batch.ts';
import { type FeatureMatrix, normaliseRows } from '../evaluation/features.ts';

export interface Model {
  readonly backbone: Backbone;
  readonly classCount: number;
  /** Initial weights of backbone and heads. All of them have gradients. */
  readonly parameters: HostTensors;
  /** Initial running statistics. */
  readonly statistics: HostTensors;
  forward(
    weights: Tensors,
    images: Tensor4D,
    mode: 'training' | 'evaluation',
    masks?: Tensors,
  ): ForwardResult & { readonly logits: Tensor2D; readonly embeddings: Tensor2D };
}

/** Builds the model. Its initial weights depend only on `draw` and on the pretrained file. */
export async function buildModel(options: {
  readonly backbone: string;
  readonly imageSize: number;
  readonly classCount: number;
  readonly projection: ProjectionHead | undefined;
  readonly draw: NormalDraw;
  readonly pretrained: WeightFile | undefined;
}): Promise<Model> {
  const { imageSize, classCount, projection, draw, pretrained } = options;
  const backbone = getBackbone(options.backbone);
  const random = backbone.initialise(imageSize, draw);
  const { tensors } = pretrained
    ? await readMatched(pretrained, backbone, { ...random.parameters, ...random.statistics })
    : { tensors: {} };
  const featureSize = backbone.featureSize(imageSize);
  const heads = {
    ...initialiseLinearHead(featureSize, classCount, draw),
    ...(projection && initialiseProjection(projection, featureSize, draw)),
  };
  return {
    backbone,
    classCount,
    parameters: { ...withTensors(random.parameters, tensors), ...heads },
    statistics: withTensors(random.statistics, tensors),
    forward(weights, images, mode, masks) {
      const result = backbone.forward(weights, images, mode, masks);
      const { features } = result;
      const embeddings = projection ? projectionHead(projection, weights, features) : features;
      return { ...result, embeddings, logits: linearHead(weights, features) };
    },
  };
}

/** The entries, with the given tensors in place of entries of the same name. */
function withTensors(entries: HostTensors, tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(entries).map(([name, own]) => [name, tensors[name] ?? own]));
}

/** Features and predictions of images without augmentation. */
export interface Predictions {
  /** Features of unit length. */
  readonly features: FeatureMatrix;
  /** Logits of the trained classes, row-major [rows, classes]. */
  readonly logits: Float32Array;
}

export interface Predictor {
  predict(state: State, rows: Int32Array): Promise<Predictions>;
  dispose(): Promise<void>;
}

const BATCH = 128;

/** Evaluates rows of a data set with any state. */
export async function compilePredictor(
  model: Model,
  dataset: Dataset,
  normalisation: ChannelStatistics,
  initial: HostTensors,
  engine: Engine,
): Promise<Predictor> {
  const { imageSize } = dataset;
  const shape = [BATCH, imageSize, imageSize, 3];
  const forward = await engine.compile(
    ({ state, inputs }) => {
      const { features, logits } = model.forward(state, inputs['images'] as Tensor4D, 'evaluation');
      return { outputs: { features, logits } };
    },
    { state: specsOf(initial), inputs: { images: { shape, dtype: 'float32' } } },
  );
  const dim = model.backbone.featureSize(imageSize);
  return {
    async predict(state, rows) {
      const values = new Float32Array(rows.length * dim);
      const logits = new Float32Array(rows.length * model.classCount);
      await eachBatch(dataset, rows, normalisation, BATCH, async (images, start, count) => {
        const outputs = await forward.run(state, { images });
        const take = (name: string, width: number) =>
          (outputs[name]!.data as Float32Array).subarray(0, count * width);
        values.set(take('features', dim), start * dim);
        logits.set(take('logits', model.classCount), start * model.classCount);
      });
      return { features: normaliseRows({ values, dim }), logits };
    },
    dispose: () => forward.dispose(),
  };
}
