/**
 * Trains one cell's backbone on the base classes.
 *
 * Everything random (initial weights, order of the samples, augmentation) is a function of the cell's seed, never of the loss.
 * So losses that are compared start from the same weights and see the same batches.
 */
import type { WeightFile } from '@clce/backbones';
import { type Dataset, openBatchLoader, type TrainingBatches } from '@clce/datasets';
import type { Engine, HostTensors, State } from '@clce/engine';
import type { CurvePoint, TrainingRecord } from '@clce/results';
import type { TrainingSpec } from '../suite/cell.ts';
import { groupsPerStep } from '../suite/methods/group.ts';
import { compileTraining } from './compile-training.ts';
import { DivergedError } from './diverged-error.ts';
import { compilePredictor, type Predictor } from './model.ts';
import type { Snapshot, Snapshots } from './snapshot.ts';
import { planTraining } from './training-plan.ts';
import { trainingRecorder } from './training-record.ts';
import { closeSnapshot, openSnapshot } from './training-snapshot.ts';

export interface CellProgress {
  readonly step: number;
  readonly steps: number;
  readonly message: string;
  /** At each point of the curve: its means, the learning rate and the speed. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface TrainingContext {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CellProgress) => void;
  /** Snapshots of an interrupted run, which this run continues. */
  readonly snapshots?: Snapshots;
}

export interface Preparation {
  /** The backbone's weights. Heads start from random weights. */
  readonly pretrained?: WeightFile | undefined;
  /** Snapshot of an interrupted run of the same specification. */
  readonly snapshot?: Snapshot | undefined;
  /** Threads that prepare batches while the graph compiles and while steps run; none by default. */
  readonly dataWorkers?: number | undefined;
}

/** An observer of a training, with a memory that snapshots keep. */
export interface Onlooker {
  /** Called after each step. It may read the state. */
  afterStep(done: number): Promise<void>;
  remember(): Snapshot;
}

/** A model in training. */
export interface Training {
  readonly steps: number;
  readonly state: State;
  /** Names of the model's entries in the state, without the optimiser's. */
  readonly weights: readonly string[];
  readonly predictor: Predictor;
  /**
   * Trains to the last step, from the first step or from the snapshot.
   *
   * @throws DivergedError if the loss, its gradient or a trained weight is not finite. When aborted, saves a last snapshot and
   * throws the signal's reason
   */
  run(context: TrainingContext, onlooker?: Onlooker): Promise<TrainingRecord>;
  /** The memory of the interrupted run's onlooker; undefined if there was none. */
  readonly remembered: Snapshot | undefined;
  dispose(): Promise<void>;
}

/**
 * Prepares everything for the first step.
 *
 * @throws WeightFileError if the file does not fit the backbone
 */
export async function prepareTraining(
  spec: TrainingSpec,
  dataset: Dataset,
  engine: Engine,
  { pretrained, snapshot, dataWorkers = 0 }: Preparation = {},
): Promise<Training> {
  const plan = await planTraining(spec, dataset, { pretrained });
  const { model, optimizer, steps, images, batches, initial, inputsOf } = plan;
  const before = snapshot && openSnapshot(snapshot);
  const { done = 0 } = before?.notes ?? {};
  const loader = openBatchLoader(batches, { workers: dataWorkers, first: done, end: steps });
  const compile = async () => ({
    train: await compileTraining(spec, plan, engine),
    predictor: await compilePredictor(model, dataset, plan.statistics, initial, engine),
  });
  const { train, predictor } = await compile().catch(async (error: unknown) => {
    await loader.close();
    throw error;
  });
  const state = engine.createState(before?.state ?? initial);

  return {
    steps,
    state,
    weights: Object.keys({ ...model.parameters, ...model.statistics }),
    predictor,
    remembered: before?.onlooker,
    async run({ signal, onProgress, snapshots }, onlooker) {
      const recorder = trainingRecorder(steps, groupsPerStep(spec), before?.notes);
      for (let step = 0; step < done; step++) recorder.replay(batches.rowsAt(step));
      if (done > 0) onProgress?.({ step: done, steps, message: 'goes on', figures: { resumed: done } });
      const save = async (saved: number): Promise<void> => {
        if (snapshots === undefined) return;
        const values = await state.read();
        // Not said here: a result does not depend on the moments of its snapshots.
        if (notFinite(values) !== undefined) return;
        await snapshots.save(closeSnapshot(recorder.notes(saved), values, onlooker?.remember()));
      };
      let lastSaved = performance.now();
      let waited = 0;
      let spent = 0;
      for (let step = done; step < steps; step++) {
        if (signal?.aborted) {
          if (step > done) await save(step);
          signal.throwIfAborted();
        }
        const asked = performance.now();
        const batch = await loader.batchAt(step);
        waited += performance.now() - asked;
        const point = pointOf(step, await train.run(state, inputsOf(batch, step)));
        spent += performance.now() - asked;
        // A finite loss can have a gradient that is not finite, which would spoil the weights.
        for (const [name, value] of [
          ['loss', point.loss],
          ['gradient’s norm', point.gradientNorm],
        ] as const) {
          if (!Number.isFinite(value)) throw diverged(`the ${name} is ${value}`, step, batches, dataset);
        }
        if (step + 1 === steps) {
          const bad = notFinite(await state.read(Object.keys({ ...model.parameters, ...model.statistics })));
          if (bad !== undefined) throw diverged(bad, step, batches, dataset);
        }
        const progress = { step: step + 1, steps, message: `loss ${point.loss.toFixed(3)}` };
        const ended = recorder.add(batch.rows, batch.labels, point);
        if (ended === undefined) onProgress?.(progress);
        else {
          const figures = {
            ...ended.point,
            learningRate: optimizer.scalars(step)['rate']!,
            imagesPerSecond: (1000 * ended.of * images) / spent,
            dataShare: waited / spent,
          };
          onProgress?.({ ...progress, figures });
          [waited, spent] = [0, 0];
        }
        await onlooker?.afterStep(step + 1);
        if (snapshots !== undefined && performance.now() - lastSaved >= snapshots.everyMs) {
          await save(step + 1);
          lastSaved = performance.now();
        }
      }
      const initialWeights = Object.values(model.parameters).map(({ data }) => data);
      return recorder.record(initialWeights, batches.batchesPerEpoch);
    },
    async dispose() {
      await loader.close();
      state.dispose();
      await train.dispose();
      await predictor.dispose();
    },
  };
}

function pointOf(step: number, outputs: HostTensors): CurvePoint {
  const number = (name: string) => outputs[name]!.data[0]!;
  return {
    step: step + 1,
    loss: number('loss'),
    crossEntropy: number('crossEntropy'),
    contrastive: number('contrastive'),
    gradientNorm: number('gradientNorm'),
  };
}

/** Names the first tensor with a value that is not finite; undefined if there is none. */
function notFinite(tensors: HostTensors): string | undefined {
  for (const [name, { data }] of Object.entries(tensors)) {
    const bad = (data as Float32Array).find((value) => !Number.isFinite(value));
    if (bad !== undefined) return `'${name}' holds ${bad}`;
  }
  return undefined;
}

/** @param step from 0 on */
function diverged(what: string, step: number, batches: TrainingBatches, { samples }: Dataset): DivergedError {
  const ids = Array.from(batches.rowsAt(step), (row) => samples[row]!.id);
  return new DivergedError({ step: step + 1, what }, ids);
}
