/** A cell's training step as an ONNX file. Any ONNX Runtime can run it. */
import type { WeightFile } from '@clce/backbones';
import type { Dataset } from '@clce/datasets';
import {
  EngineError,
  type HostTensors,
  inputName,
  outputName,
  stateName,
  type TracedStep,
  tracingEngine,
  updateName,
} from '@clce/engine';
import type { TrainingSpec } from '../suite/cell.ts';
import { compileTraining } from './compile-training.ts';
import { planTraining } from './training-plan.ts';

export interface TrainingGraph {
  /** An ONNX file of one step: forward, gradients, update. */
  readonly bytes: Uint8Array;
  /** The first step's values by the graph's names: `state/…`, and `input/…` of the first batch. */
  readonly feeds: HostTensors;
  /** For each state input `state/…`, the output `update/…` that holds its value for the next step. */
  readonly updates: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
}

/**
 * @throws EngineError if the batch has micro-batches, which need several graphs
 * @throws WeightFileError if the file does not fit the backbone
 */
export async function trainingGraph(
  spec: TrainingSpec,
  dataset: Dataset,
  pretrained?: WeightFile,
): Promise<TrainingGraph> {
  const plan = await planTraining(spec, dataset, { pretrained });
  const steps: TracedStep[] = [];
  await compileTraining(
    spec,
    plan,
    tracingEngine((step) => steps.push(step)),
  );
  const [step, ...more] = steps;
  if (step === undefined || more.length > 0) {
    throw new EngineError(
      `a batch of ${plan.images} in parts of ${spec.recipe.microBatch} is several graphs: --set recipe.microBatch=${plan.images}`,
    );
  }
  const { bytes, usedInputs, updates, outputs } = step;
  const named = { ...renamed(plan.initial, stateName), ...renamed(plan.firstInputs, inputName) };
  return {
    bytes,
    feeds: Object.fromEntries(usedInputs.map((name) => [name, named[name]!])),
    updates: Object.fromEntries(updates.map((name) => [stateName(name), updateName(name)])),
    outputs: Object.keys(outputs).map(outputName),
  };
}

function renamed(tensors: HostTensors, name: (own: string) => string): HostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([own, tensor]) => [name(own), tensor]));
}
