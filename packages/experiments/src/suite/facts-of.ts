import type { CellFacts } from '@clce/results';
import type { CellSpec } from './cell.ts';
import { learningRateOf } from './learning-rate.ts';
import { imagesPerStep } from './methods/images.ts';

/**
 * The facts of a cell that tables show.
 *
 * @param method title of the loss with its parameters; not read for baselines
 */
export function factsOf(spec: CellSpec, method: string): CellFacts {
  const { dataset, protocol } = spec;
  const common = {
    dataset: dataset.name,
    imageSize: dataset.imageSize,
    protocol: protocol.kind,
    way: protocol.kind === 'few-shot' ? protocol.way : null,
  };
  if (spec.kind === 'pixels') return { kind: 'pixels', ...common };
  if (spec.kind === 'frozen') {
    return { kind: 'frozen', ...common, backbone: spec.extractor.name, weights: spec.weights };
  }
  const { backbone, weights = null, batchSize, seed, recipe } = spec;
  const learningRate = learningRateOf(recipe, batchSize);
  return {
    ...{ kind: 'training', ...common, backbone, weights, loss: method, batchSize, seed, learningRate },
    imagesPerStep: imagesPerStep(spec),
  };
}
