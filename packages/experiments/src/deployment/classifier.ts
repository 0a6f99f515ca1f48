/** A trained network with its classifier, from a file of saved weights: pixels in, logits of named classes out. */
import {
  type Backbone,
  getBackbone,
  initialiseLinearHead,
  linearHead,
  openWeightFile,
  readMatched,
} from '@clce/backbones';
import { imageWriter } from '@clce/datasets';
import { compileForward, type Engine, float32, type HostTensors, type Tensor4D } from '@clce/engine';
import { UserError } from '@clce/registry';
import { type Deployment, readDeployment } from './deployment.ts';

export interface Classifier {
  readonly deployment: Deployment;
  /** The most pictures of a call. */
  readonly batch: number;
  /**
   * Logits, row-major [pictures, classes].
   *
   * @param pictures RGB of `deployment.imageSize` pixels, shape (size, size, 3) each
   */
  logits(pictures: readonly Uint8Array[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Pictures of a batch, and the most pixels of one: they bound the memory for large pictures. */
const MOST_PICTURES = 128;
const MOST_PIXELS = 2 ** 22;

/**
 * @throws UserError or WeightFileError in one line that names the file: no weights, no metadata, an unknown architecture, tensors that
 *   are missing or have other shapes, numbers that are not finite
 */
export async function openClassifier(path: string, engine: Engine): Promise<Classifier> {
  const file = await openWeightFile(path);
  const deployment = readDeployment(file);
  const { classes, imageSize, normalisation } = deployment;
  const backbone = backboneOf(path, deployment);
  const { tensors } = await readMatched(file, backbone, expectedTensors(backbone, deployment));
  const infinite = Object.keys(tensors).find((name) => !areFinite(tensors[name]!.data));
  if (infinite !== undefined)
    throw new UserError(`${path}: tensor ${infinite} has values that are not finite`);
  const batch = Math.max(1, Math.min(MOST_PICTURES, Math.floor(MOST_PIXELS / imageSize ** 2)));
  const shape = [batch, imageSize, imageSize, 3];
  const compiled = await compileForward(
    engine,
    (weights, inputs) => ({
      logits: linearHead(
        weights,
        backbone.forward(weights, inputs['images'] as Tensor4D, 'evaluation').features,
      ),
    }),
    tensors,
    { images: { shape, dtype: 'float32' } },
  );
  const length = imageSize * imageSize * 3;
  const images = new Float32Array(batch * length);
  const writeImage = imageWriter(imageSize, normalisation);
  return {
    deployment,
    batch,
    async logits(pictures) {
      if (pictures.length > batch)
        throw new RangeError(`${pictures.length} pictures; expected ${batch} at most`);
      if (pictures.length === 0) return new Float32Array(0);
      // The network sees whole batches; earlier pictures or zeros fill the last one.
      for (const [at, picture] of pictures.entries())
        writeImage(picture, { top: 0, left: 0, flip: false }, images, at * length);
      const outputs = await compiled.run({ images: float32(shape, images) });
      return (outputs['logits']!.data as Float32Array).slice(0, pictures.length * classes.length);
    },
    dispose: () => compiled.dispose(),
  };
}

function backboneOf(path: string, { architecture }: Deployment): Backbone {
  try {
    return getBackbone(architecture);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${path}: ${error.message}`, { cause: error });
  }
}

function expectedTensors(backbone: Backbone, { classes, imageSize }: Deployment): HostTensors {
  const zeros = (_: string, count: number) => new Float32Array(count);
  const { parameters, statistics } = backbone.initialise(imageSize, zeros);
  return {
    ...parameters,
    ...statistics,
    ...initialiseLinearHead(backbone.featureSize(imageSize), classes.length, zeros),
  };
}

function areFinite(values: ArrayLike<number>): boolean {
  return Array.prototype.every.call(values, Number.isFinite);
}
