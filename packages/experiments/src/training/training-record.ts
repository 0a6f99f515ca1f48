/** The record of a training run, made step by step. */
import { createHash } from 'node:crypto';
import type { CurvePoint, TrainingRecord } from '@clce/results';

/** The record so far, as a snapshot holds it. */
export interface Notes {
  readonly done: number;
  readonly curve: readonly CurvePoint[];
  /** Points since the curve's last point. */
  readonly since: readonly CurvePoint[];
  readonly positives: number;
}

export interface TrainingRecorder {
  /** Adds the rows of a batch that an interrupted run has already recorded. */
  replay(rows: Int32Array): void;
  /** Adds a step. Where the step completes a point of the curve: the point, and the number of steps in its mean. */
  add(rows: Int32Array, labels: Int32Array, point: CurvePoint): { point: CurvePoint; of: number } | undefined;
  notes(done: number): Notes;
  /** @param initial weights before the first step */
  record(initial: readonly ArrayBufferView[], batchesPerEpoch: number): TrainingRecord;
}

const CURVE_POINTS = 20;

/**
 * @param groups number of contrastive groups of a batch
 * @param before notes of an interrupted run, which the record continues
 */
export function trainingRecorder(steps: number, groups: number, before: Notes | undefined): TrainingRecorder {
  const order = createHash('sha256');
  const part = Math.max(1, Math.floor(steps / CURVE_POINTS));
  const curve = [...(before?.curve ?? [])];
  let since = [...(before?.since ?? [])];
  let { positives = 0 } = before ?? {};
  return {
    replay: (rows) => void order.update(rows),
    add(rows, labels, point) {
      order.update(rows);
      positives += shareWithPositive(labels, rows.length, groups) / steps;
      since.push(point);
      const { length: of } = since;
      if (of < part && point.step < steps) return undefined;
      const mean = meanPoint(since);
      curve.push(mean);
      since = [];
      return { point: mean, of };
    },
    notes: (done) => ({ done, curve, since, positives }),
    record: (initial, batchesPerEpoch) => ({
      steps,
      epochs: steps / batchesPerEpoch,
      positives,
      initialWeights: hashOf(initial),
      dataOrder: order.digest('hex'),
      curve,
    }),
  };
}

/** Share of the images with another image of their class in their contrastive group. Views follow each other, [views · samples]. */
function shareWithPositive(labels: Int32Array, samples: number, groups: number): number {
  const groupOf = (row: number) => Math.floor(((row % samples) * groups) / samples);
  const classes = labels.map((label, row) => label * groups + groupOf(row));
  const counts = new Map<number, number>();
  for (const one of classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  return classes.filter((one) => counts.get(one)! > 1).length / labels.length;
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
