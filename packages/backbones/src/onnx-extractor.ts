/**
 * Features of any ONNX image model. Unless the options name them, the shapes decide the image input and its order of
 * axes, and the first output gives the features.
 */
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import {
  EngineError,
  externalPaths,
  float32,
  type HostTensor,
  type OnnxPort,
  openOnnxModel,
  permuted,
} from '@clce/engine';
import { hashWeightFile } from './weights/hash-file.ts';

/** Order of an image batch's axes: [batch, channels, height, width] or [batch, height, width, channels]. */
export const imageLayouts = ['nchw', 'nhwc'] as const;
export type ImageLayout = (typeof imageLayouts)[number];

export interface OnnxExtractorOptions {
  /** Name of the input for images; by default the only float32 input with four axes. */
  readonly input?: string | undefined;
  /** Name of the output with the features; by default the first output. */
  readonly output?: string | undefined;
  /** Order of the input's axes; by default the axis of length 3 holds the channels. */
  readonly layout?: ImageLayout | undefined;
  readonly threads?: number | undefined;
}

export interface OnnxExtractor {
  /** Images per run of the model. */
  readonly batch: number;
  /** Height and width of the model's images; undefined if the model accepts any. */
  readonly imageSize: number | undefined;
  /**
   * Features [batch, size] of images [batch, height, width, 3], which are normalised as the model expects. Feature maps
   * are averaged over their places, tokens over the tokens.
   */
  features(images: HostTensor): Promise<HostTensor>;
  dispose(): Promise<void>;
}

const DYNAMIC_BATCH = 32;

/**
 * The SHA-256 that identifies a model: the one of its file. A model that keeps tensors in other files is identified by the
 * hashes of all its files.
 *
 * @throws WeightFileError or EngineError that names the file that cannot be read, or lies outside the model's folder
 */
export async function hashOnnxModel(path: string): Promise<string> {
  const own = await hashWeightFile(path);
  const locations = await externalPaths(path);
  if (locations.length === 0) return own;
  const hash = createHash('sha256').update(own);
  for (const location of locations) {
    const file = join(dirname(path), location);
    const external = await hashWeightFile(file).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new EngineError(`${path} keeps tensors in ${JSON.stringify(location)}: ${why}`, { cause: error });
    });
    hash.update(JSON.stringify([location, external]));
  }
  return hash.digest('hex');
}

/** @throws EngineError that names the file, and the option to set where the shapes leave a choice */
export async function openOnnxExtractor(
  path: string,
  { input, output, layout, threads }: OnnxExtractorOptions = {},
): Promise<OnnxExtractor> {
  const model = await openOnnxModel(path, threads === undefined ? {} : { threads });
  try {
    const images = chosenInput(path, model.inputs, input);
    const features = chosenOutput(path, model.outputs, output);
    const order = layout ?? guessedLayout(path, images);
    const [batch] = images.shape;
    const side = images.shape[order === 'nchw' ? 2 : 1];
    return {
      batch: typeof batch === 'number' ? batch : DYNAMIC_BATCH,
      imageSize: typeof side === 'number' ? side : undefined,
      async features(values) {
        const fed = order === 'nchw' ? permuted(values, [0, 3, 1, 2]) : values;
        const results = await model.run({ [images.name]: fed }, [features.name]);
        return pooled(path, features.name, results[features.name]!, order);
      },
      dispose: () => model.dispose(),
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

function chosenInput(path: string, inputs: readonly OnnxPort[], wanted: string | undefined): OnnxPort {
  const fitting = inputs.filter(({ shape, type }) => shape.length === 4 && type === 'float32');
  const candidates = wanted === undefined ? fitting : fitting.filter(({ name }) => name === wanted);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  const what =
    wanted === undefined
      ? 'exactly one input for images (float32, four axes)'
      : `an input "${wanted}" for images`;
  throw new EngineError(`${path} does not have ${what}; it has ${described(inputs)}. Name one by "input".`);
}

function chosenOutput(path: string, outputs: readonly OnnxPort[], wanted: string | undefined): OnnxPort {
  const found = wanted === undefined ? outputs[0] : outputs.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw new EngineError(`${path} has no output "${wanted}"; it has ${described(outputs)}.`);
}

function guessedLayout(path: string, { name, shape }: OnnxPort): ImageLayout {
  const first = shape[1] === 3;
  const last = shape[3] === 3;
  if (first !== last) return first ? 'nchw' : 'nhwc';
  throw new EngineError(
    `${path}: the shape [${shape}] of input ${name} does not show the channels' axis. Set "layout" to nchw or nhwc.`,
  );
}

function described(ports: readonly OnnxPort[]): string {
  return ports.map(({ name, type, shape }) => `${name} (${type} [${shape}])`).join(', ');
}

/** Features [batch, size]: places or tokens are averaged, two axes are kept. */
function pooled(path: string, name: string, { shape, data }: HostTensor, layout: ImageLayout): HostTensor {
  const [batch = 0] = shape;
  if (shape.length === 2) return float32(shape, data);
  if (shape.length !== 3 && shape.length !== 4) {
    throw new EngineError(
      `${path}: output ${name} has the shape [${shape}]; features have two, three or four axes`,
    );
  }
  const channelsFirst = shape.length === 4 && layout === 'nchw';
  const channels = channelsFirst ? shape[1]! : shape.at(-1)!;
  const places = data.length / batch / channels;
  const means = new Float32Array(batch * channels);
  for (let image = 0; image < batch; image++) {
    for (let place = 0; place < places; place++) {
      for (let channel = 0; channel < channels; channel++) {
        const at = channelsFirst ? channel * places + place : place * channels + channel;
        means[image * channels + channel]! += data[image * places * channels + at]! / places;
      }
    }
  }
  return float32([batch, channels], means);
}
