import { registry } from '@clce/registry';
import { EngineError, firstLineOf } from '../errors.ts';
import type { Engine } from '../step.ts';
import { tf } from '../tf.ts';
import { eagerEngine } from './eager-engine.ts';
import { executionProviders, type OnnxEngineOptions, onnxEngine } from './onnx-engine.ts';

interface EngineEntry {
  readonly name: string;
  /** Starts the engine. @throws EngineError where it cannot start on this machine */
  start(options?: OnnxEngineOptions): Engine | Promise<Engine>;
}

/** The engine that `auto` selects. */
export const AUTO_ENGINE = 'onnx';

const registered = registry<EngineEntry>('engine', [
  { name: 'onnx', start: onnxEngine },
  ...executionProviders.map((provider) => ({
    name: `onnx-${provider}`,
    start: (options?: OnnxEngineOptions) => onnxEngine({ ...options, provider }),
  })),
  { name: 'tfjs-node-gpu', start: () => nativeTensorFlow('tfjs-node-gpu') },
  { name: 'tfjs-node', start: () => nativeTensorFlow('tfjs-node') },
  { name: 'cpu', start: () => eagerEngine() },
  { name: 'auto', start: onnxEngine },
]);

export const engineNames = registered.names;

/** The engine of the given name, before its start. @throws UserError naming the closest choice and all choices */
export const getEngine = registered.get;

/** TensorFlow.js on libtensorflow, an optional package. */
async function nativeTensorFlow(name: 'tfjs-node' | 'tfjs-node-gpu'): Promise<Engine> {
  const library = `@tensorflow/${name}`;
  const install = `\`npx --yes pnpm@12.21.0 add -w --allow-build=${library} ${library}@4.22.0\` brings it`;
  const before = tf.getBackend();
  try {
    // The import registers the library's back end and makes it the global one.
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
