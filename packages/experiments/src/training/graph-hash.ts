/**
 * The graphs that a cell runs, as one hash: whether a result is still what its code gives (reuse.ts).
 *
 * A loss, a backbone or an optimiser enters a result through the graph that is traced from it, so its name in a cell's key is
 * not enough: an edit changes the graph under the same name. The hash is over the graphs as traced, before an engine changes
 * them, so it is the same on every engine, and a comment, a moved file or a renamed variable does not change it.
 */
import { createHash } from 'node:crypto';
import { getBackbone } from '@clce/backbones';
import type { ChannelStatistics, Dataset } from '@clce/datasets';
import { type Engine, specsOf, type Tensor4D, tracingEngine } from '@clce/engine';
import type { CellSpec, FrozenSpec, TrainingSpec } from '../suite/cell.ts';
import { compileTraining } from './compile-training.ts';
import { compilePredictor } from './model.ts';
import { planTraining } from './training-plan.ts';

/** A cell that runs graphs of this project: pixels have none, and an ONNX model's is the file that its key holds. */
export type TracedSpec = TrainingSpec | FrozenSpec;

export function isTraced(spec: CellSpec): spec is TracedSpec {
  return spec.kind === 'training' || (spec.kind === 'frozen' && spec.extractor.kind === 'backbone');
}

const known = new Map<string, Promise<string>>();

/**
 * SHA-256 of the cell's graphs: forward pass, loss, gradients and update of a training step, and the forward pass that
 * evaluates. Cells that differ by what no graph depends on share one trace.
 *
 * @param load called where the graphs have not been traced in this process
 * @throws TraceError where a graph cannot be traced, such as for an op without a kernel on an engine that needs none
 */
export function graphHash(spec: TracedSpec, load: () => Promise<Dataset>): Promise<string> {
  const key = JSON.stringify(whatGraphsDependOn(spec));
  const found = known.get(key) ?? load().then((dataset) => hashOf(spec, dataset));
  known.set(key, found);
  return found;
}

/** The specification without what no graph depends on: seed, values of weights and learning rates, what features are for. */
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

/** No value reaches a graph, so weights are zero, and pixels are as they are. */
const zeroDraw = (_: string, count: number) => new Float32Array(count);
const asTheyAre: ChannelStatistics = { mean: [0, 0, 0], std: [1, 1, 1] };

async function runOnce(spec: TrainingSpec, dataset: Dataset, engine: Engine): Promise<void> {
  const plan = await planTraining(spec, dataset, { draw: zeroDraw, statistics: asTheyAre });
  const train = await compileTraining(spec, plan, engine);
  // Micro-batches: some of their graphs are compiled once the shapes of what the others give are known.
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
