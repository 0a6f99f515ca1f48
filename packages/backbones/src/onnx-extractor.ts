/**
 * Features of any ONNX image model: which input takes the images, in which order of axes, and which output gives the
 * features is guessed from the shapes where it is not said.
 */
import { EngineError, float32, type HostTensor, type OnnxPort, openOnnxModel, permuted } from '@clce/engine';

/** Order of an image batch's axes: [batch, channels, height, width] or [batch, height, width, channels]. */
export const imageLayouts = ['nchw', 'nhwc'] as const;
export type ImageLayout = (typeof imageLayouts)[number];

export interface OnnxExtractorOptions {
  /** Name of the input that takes images; the only one of four axes unless said. */
  readonly input?: string | undefined;
  /** Name of the output that gives features; the first one unless said. */
  readonly output?: string | undefined;
  /** Where the three channels are, unless said. */
  readonly layout?: ImageLayout | undefined;
  readonly threads?: number | undefined;
}

export interface OnnxExtractor {
  /** Images that go through the model at once. */
  readonly batch: number;
  /** Height and width that the model was made for; undefined where any will do. */
  readonly imageSize: number | undefined;
  /**
   * Features [batch, size] of images [batch, height, width, 3], normalised as the model expects. Maps [batch, …] of
   * features are averaged over their places, tokens over the tokens.
   */
  features(images: HostTensor): Promise<HostTensor>;
  dispose(): Promise<void>;
}

const DYNAMIC_BATCH = 32;

/** @throws EngineError naming the file, and what to say where its shapes leave a choice */
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
    wanted === undefined ? 'one input for images (float32, four axes)' : `an input "${wanted}" for images`;
  throw new EngineError(`${path} has not ${what}; it has ${described(inputs)}. Say which by "input".`);
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
    `${path}: the shape [${shape}] of input ${name} does not tell where the channels are. Say by "layout": nchw or nhwc.`,
  );
}

function described(ports: readonly OnnxPort[]): string {
  return ports.map(({ name, type, shape }) => `${name} (${type} [${shape}])`).join(', ');
}

/** [batch, size] as it is; places or tokens averaged. */
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
