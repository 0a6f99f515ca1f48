/**
 * Trains one cell's backbone on the base classes.
 *
 * Everything random (initial weights, order of the samples, augmentation) is a function of the cell's seed; nothing of
 * it depends on the loss, so losses that are compared see the same weights first and the same batches after.
 */
import { createHash } from 'node:crypto';
import type { WeightFile } from '@clce/backbones';
import { type Dataset, openBatchLoader } from '@clce/datasets';
import type { Engine, HostTensors, State } from '@clce/engine';
import type { CurvePoint, TrainingRecord } from '@clce/results';
import type { TrainingSpec } from '../suite/cell.ts';
import { compileTraining } from './compile-training.ts';
import { compilePredictor, type Predictor } from './model.ts';
import type { Snapshot, Snapshots } from './snapshot.ts';
import { planTraining } from './training-plan.ts';

export interface CellProgress {
  readonly step: number;
  readonly steps: number;
  readonly message: string;
  /** At each point of the curve: its means, the learning rate, and how fast it went. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface TrainingContext {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CellProgress) => void;
  /** What an interrupted run goes on from. */
  readonly snapshots?: Snapshots;
}

export interface Preparation {
  /** The backbone's weights; heads start from random ones. */
  readonly pretrained?: WeightFile | undefined;
  /** Of an interrupted run of the same specification. */
  readonly snapshot?: Snapshot | undefined;
  /** Threads that make batches while the graph is compiled and the last step runs; none unless given. */
  readonly dataWorkers?: number | undefined;
}

/** What looks on while a model trains, with a memory of its own. */
export interface Onlooker {
  /** May look at the state. */
  afterStep(done: number): Promise<void>;
  remember(): Snapshot;
}

/** A model in training. */
export interface Training {
  readonly steps: number;
  readonly state: State;
  /** Names of the model's own entries of the state, without those of the optimiser. */
  readonly weights: readonly string[];
  readonly predictor: Predictor;
  /**
   * Trains to the last step, from the first one or from where the snapshot was taken.
   *
   * @throws Error where the loss, its gradient or what a snapshot would hold is no number, naming the step and the
   * batch; the signal's reason when aborted, after a last snapshot
   */
  run(context: TrainingContext, onlooker?: Onlooker): Promise<TrainingRecord>;
  /** What the onlooker of the interrupted run remembered; undefined where there was none. */
  readonly remembered: Snapshot | undefined;
  dispose(): Promise<void>;
}

const CURVE_POINTS = 20;

/**
 * Everything ready for the first step.
 *
 * @throws WeightFileError where the file does not fit the backbone
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
  const { done = 0, curve = [] } = before?.notes ?? {};
  const loader = openBatchLoader(plan.batchOptions, { workers: dataWorkers, first: done, end: steps });
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
      const order = createHash('sha256');
      const part = Math.max(1, Math.floor(steps / CURVE_POINTS));
      let { since = [], positives = 0 } = before?.notes ?? {};
      for (let step = 0; step < done; step++) order.update(batches.rowsAt(step));
      if (done > 0) onProgress?.({ step: done, steps, message: 'goes on', figures: { resumed: done } });
      const diverged = (what: string, step: number): Error => {
        const ids = Array.from(batches.rowsAt(step), (row) => dataset.samples[row]!.id);
        return new Error(`${what} at step ${step}: training has diverged (batch: ${ids.join(', ')})`);
      };
      const save = async (saved: number): Promise<void> => {
        if (snapshots === undefined) return;
        const values = await state.read();
        for (const [name, { data }] of Object.entries(values)) {
          const bad = (data as Float32Array).find((value) => !Number.isFinite(value));
          if (bad !== undefined) throw diverged(`'${name}' holds ${bad}`, saved - 1);
        }
        const notes = { done: saved, curve, since, positives };
        await snapshots.save(closeSnapshot(notes, values, onlooker?.remember()));
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
        order.update(batch.rows);
        positives += shareWithPositive(batch.labels) / steps;
        const outputs = await train.run(state, inputsOf(batch, step));
        spent += performance.now() - asked;
        const number = (name: string) => outputs[name]!.data[0]!;
        const loss = number('loss');
        // A finite loss can have a gradient that is none, and the weights are as bad then.
        if (!Number.isFinite(loss)) throw diverged(`the loss is ${loss}`, step);
        const gradientNorm = number('gradientNorm');
        if (!Number.isFinite(gradientNorm)) throw diverged(`the gradient’s norm is ${gradientNorm}`, step);
        since.push({
          step: step + 1,
          loss,
          crossEntropy: number('crossEntropy'),
          contrastive: number('contrastive'),
          gradientNorm,
        });
        const progress = { step: step + 1, steps, message: `loss ${loss.toFixed(3)}` };
        if (since.length === part || step === steps - 1) {
          const point = meanPoint(since);
          const figures = {
            ...point,
            learningRate: optimizer.scalars(step)['rate']!,
            imagesPerSecond: (1000 * since.length * images) / spent,
            dataShare: waited / spent,
          };
          onProgress?.({ ...progress, figures });
          curve.push(point);
          [since, waited, spent] = [[], 0, 0];
        } else onProgress?.(progress);
        await onlooker?.afterStep(step + 1);
        if (snapshots !== undefined && performance.now() - lastSaved >= snapshots.everyMs) {
          await save(step + 1);
          lastSaved = performance.now();
        }
      }
      return {
        steps,
        epochs: steps / batches.batchesPerEpoch,
        positives,
        initialWeights: hashOf(Object.values(model.parameters).map(({ data }) => data)),
        dataOrder: order.digest('hex'),
        curve,
      };
    },
    async dispose() {
      await loader.close();
      state.dispose();
      await train.dispose();
      await predictor.dispose();
    },
  };
}

/** What a run has recorded so far. */
interface Notes {
  readonly done: number;
  readonly curve: CurvePoint[];
  /** Points since the last one of the curve. */
  readonly since: CurvePoint[];
  readonly positives: number;
}

/** Tensors of the state and of the onlooker have names of their own in the file. */
const OF_STATE = 'state.';
const OF_ONLOOKER = 'onlooker.';

function closeSnapshot(notes: Notes, state: HostTensors, onlooker: Snapshot | undefined): Snapshot {
  const tensors = { ...prefixed(OF_STATE, state), ...prefixed(OF_ONLOOKER, onlooker?.tensors ?? {}) };
  return { notes: { training: notes, onlooker: onlooker?.notes }, tensors };
}

function openSnapshot({ notes, tensors }: Snapshot): {
  readonly notes: Notes;
  readonly state: HostTensors;
  readonly onlooker: Snapshot;
} {
  const kept = notes as { readonly training: Notes; readonly onlooker: unknown };
  return {
    notes: kept.training,
    state: unprefixed(OF_STATE, tensors),
    onlooker: { notes: kept.onlooker, tensors: unprefixed(OF_ONLOOKER, tensors) },
  };
}

function prefixed(prefix: string, tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

function unprefixed(prefix: string, tensors: HostTensors): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}

/** Share of the entries that occur more than once. */
function shareWithPositive(labels: Int32Array): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return labels.filter((label) => counts.get(label)! > 1).length / labels.length;
}

function meanPoint(points: readonly CurvePoint[]): CurvePoint {
  const mean = (of: (point: CurvePoint) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  return {
    step: points.at(-1)!.step,
    loss: mean((point) => point.loss),
    crossEntropy: mean((point) => point.crossEntropy),
    contrastive: mean((point) => point.contrastive),
    gradientNorm: mean((point) => point.gradientNorm),
  };
}

function hashOf(arrays: readonly ArrayBufferView[]): string {
  const hash = createHash('sha256');
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}
