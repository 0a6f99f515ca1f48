/** A cell's training step as an ONNX file: what the native engine runs, for any other ONNX Runtime. */
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
  /** What it is fed the first time, by the graph's names: `state/…` and `input/…` of the first batch. */
  readonly feeds: HostTensors;
  /** State of the next step by its input's name: `state/…` from the output `update/…`. */
  readonly updates: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
}

/**
 * @throws EngineError where the batch goes through in micro-batches, which takes several graphs
 * @throws WeightFileError where the file does not fit the backbone
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
      `a batch of ${spec.batchSize} in parts of ${spec.recipe.microBatch} is several graphs: --set recipe.microBatch=${spec.batchSize}`,
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
