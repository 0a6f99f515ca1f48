import { unknownName } from '@clce/names';
import { EngineError } from '../errors.ts';
import type { Engine } from '../step.ts';
import { eagerEngine } from './eager-engine.ts';
import { type OnnxEngineOptions, onnxEngine } from './onnx-engine.ts';

const ENGINES: Readonly<Record<string, (options: OnnxEngineOptions) => Engine>> = {
  onnx: onnxEngine,
  cpu: eagerEngine,
};

export const engineNames: readonly string[] = Object.keys(ENGINES);

/** The engine of that name. @throws EngineError naming the choices */
export function createEngine(name: string, options: OnnxEngineOptions = {}): Engine {
  const make = ENGINES[name];
  if (make === undefined) throw new EngineError(unknownName('engine', name, engineNames));
  return make(options);
}
