/**
 * One hash of the graphs that a cell runs. It decides whether a stored result is still current (reuse.ts).
 *
 * A loss, a backbone or an optimiser affects a result through the graph that is traced from it. An edit of its code changes the
 * graph, but not its name in the cell's key. The hash is taken before an engine changes the graph, so it is the same on every
 * engine. A comment, a moved file or a renamed variable does not change it.
 */
import { createHash } from 'node:crypto';
import { getBackbone } from '@clce/backbones';
import type { ChannelStatistics, Dataset } from '@clce/datasets';
import { type Engine, specsOf, type Tensor4D, tracingEngine } from '@clce/engine';
import type { CellSpec, FrozenSpec, TrainingSpec } from '../suite/cell.ts';
import { compileTraining } from './compile-training.ts';
import { compilePredictor } from './model.ts';
import { planTraining } from './training-plan.ts';

/** A cell whose graphs are traced here. Pixels have no graph, and an ONNX model's file is part of the key. */
export type TracedSpec = TrainingSpec | FrozenSpec;

export function isTraced(spec: CellSpec): spec is TracedSpec {
  return spec.kind === 'training' || (spec.kind === 'frozen' && spec.extractor.kind === 'backbone');
}

const known = new Map<string, Promise<string>>();

/**
 * SHA-256 of the cell's graphs: forward pass, loss, gradients and update of a training step, and the forward pass of the
 * evaluation. Cells with equal graphs share one trace.
 *
 * @param load called if the graphs have not been traced in this process
 * @throws TraceError if a graph cannot be traced, such as for an op without a kernel
 */
export function graphHash(spec: TracedSpec, load: () => Promise<Dataset>): Promise<string> {
  const key = JSON.stringify(whatGraphsDependOn(spec));
  const found = known.get(key) ?? load().then((dataset) => hashOf(spec, dataset));
  known.set(key, found);
  return found;
}

/** The specification without the entries that no graph depends on: seed, weights, learning rates and evaluation. */
function whatGraphsDependOn(spec: TracedSpec): object {
  const common = { ...spec, protocol: undefined, weights: undefined };
  if (spec.kind === 'frozen') return common;
  const fed = { learningRate: 0, learningRateRule: 0, baseBatchSize: 0, warmup: 0, budget: 0 };
  return { ...common, seed: 0, recipe: { ...spec.recipe, ...fed } };
}

async function hashOf(spec: TracedSpec, dataset: Dataset): Promise<string> {
  const hash = createHash('sha256');
  const engine = tracingEngine(({ bytes }) => hash.update(bytes));
  await (spec.kind === 'training' ? runOnce(spec, dataset, engine) : extractOnce(spec, dataset, engine));
  return hash.digest('hex');
}

/** No graph depends on values, so weights are zero and pixels are not normalised. */
const zeroDraw = (_: string, count: number) => new Float32Array(count);
const asTheyAre: ChannelStatistics = { mean: [0, 0, 0], std: [1, 1, 1] };

async function runOnce(spec: TrainingSpec, dataset: Dataset, engine: Engine): Promise<void> {
  const plan = await planTraining(spec, dataset, { draw: zeroDraw, statistics: asTheyAre });
  const train = await compileTraining(spec, plan, engine);
  // Some graphs of micro-batches are compiled after the other graphs have given their shapes.
  await train.run(engine.createState(plan.initial), plan.firstInputs);
  await compilePredictor(plan.model, dataset, plan.statistics, plan.initial, engine);
}

async function extractOnce(spec: FrozenSpec, { imageSize }: Dataset, engine: Engine): Promise<void> {
  const backbone = getBackbone(spec.extractor.name);
  const { parameters, statistics } = backbone.initialise(imageSize, zeroDraw);
  await engine.compile(
    ({ state, inputs }) => ({
      outputs: { features: backbone.forward(state, inputs['images'] as Tensor4D, 'evaluation').features },
    }),
    {
      state: specsOf({ ...parameters, ...statistics }),
      inputs: { images: { shape: [1, imageSize, imageSize, 3], dtype: 'float32' } },
      inference: true,
    },
  );
}
