import { unknownName } from '@clce/names';
import { EngineError, firstLineOf } from '../errors.ts';
import type { Engine } from '../step.ts';
import { tf } from '../tf.ts';
import { eagerEngine } from './eager-engine.ts';
import { executionProviders, type OnnxEngineOptions, onnxEngine } from './onnx-engine.ts';

type Start = (options: OnnxEngineOptions) => Engine | Promise<Engine>;

/** What `auto` takes. */
export const AUTO_ENGINE = 'onnx';

const ENGINES: Readonly<Record<string, Start>> = {
  onnx: onnxEngine,
  ...Object.fromEntries(
    executionProviders.map((provider): [string, Start] => [
      `onnx-${provider}`,
      (options) => onnxEngine({ ...options, provider }),
    ]),
  ),
  'tfjs-node-gpu': () => nativeTensorFlow('tfjs-node-gpu'),
  'tfjs-node': () => nativeTensorFlow('tfjs-node'),
  cpu: () => eagerEngine(),
  auto: onnxEngine,
};

export const engineNames: readonly string[] = Object.keys(ENGINES);

/**
 * The engine of that name.
 *
 * @throws EngineError naming the choices, or why it cannot be started here
 */
export async function createEngine(name: string, options: OnnxEngineOptions = {}): Promise<Engine> {
  const start = ENGINES[name];
  if (start === undefined) throw new EngineError(unknownName('engine', name, engineNames));
  return start(options);
}

/** TensorFlow.js on libtensorflow, where somebody has installed it. */
async function nativeTensorFlow(name: 'tfjs-node' | 'tfjs-node-gpu'): Promise<Engine> {
  const library = `@tensorflow/${name}`;
  const install = `\`npx --yes pnpm@12.21.0 add -w --allow-build=${library} ${library}@4.22.0\` brings it`;
  const before = tf.getBackend();
  try {
    // Registers its back end, and makes it everybody's.
    await import(library);
  } catch (error) {
    const why = firstLineOf(error);
    throw new EngineError(`${library} is not there or does not load (${why}); ${install}`, { cause: error });
  } finally {
    void tf.setBackend(before);
  }
  if (tf.findBackendFactory('tensorflow') === null) {
    throw new EngineError(`${library} came with another TensorFlow.js than this project’s; ${install}`);
  }
  return eagerEngine(name, 'tensorflow');
}
