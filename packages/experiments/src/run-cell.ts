/** Runs one cell from its specification alone: data, training, frozen features, protocol. */

import { type Dataset, getDataset } from '@clce/datasets';
import { createEngine } from '@clce/engine';
import { z } from 'zod';
import type { CellSpec } from './cell.ts';
import { pixelFeatures } from './features.ts';
import { evaluateFewShot, type FewShotScores } from './few-shot.ts';
import { type CellProgress, type TrainingRecord, trainAndEmbed } from './training.ts';

/** The shape of a stored result. */
const cellResult = z.strictObject({
  scores: z.array(
    z.strictObject({
      shot: z.number(),
      classifier: z.string(),
      queriesPerEpisode: z.number(),
      correct: z.array(z.number()),
    }),
  ),
  training: z
    .strictObject({
      steps: z.number(),
      epochs: z.number(),
      initialWeights: z.string(),
      dataOrder: z.string(),
      curve: z.array(
        z.strictObject({
          step: z.number(),
          loss: z.number(),
          crossEntropy: z.number(),
          contrastive: z.number(),
          gradientNorm: z.number(),
        }),
      ),
    })
    .nullable(),
});

/** What a cell measured; no times and no machine, so that equal runs give equal bytes. */
export interface CellResult {
  readonly scores: FewShotScores;
  /** Null for baselines without training. */
  readonly training: TrainingRecord | null;
}

/** A stored result. @throws ZodError where it is none */
export function parseCellResult(stored: unknown): CellResult {
  return cellResult.parse(stored);
}

export interface CellContext {
  /** Folder that holds the data sets. */
  readonly dataRoot: string;
  /** Threads of the engine. */
  readonly threads: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CellProgress) => void;
}

/** @throws the errors of data sets, engine and losses; AbortSignal's reason when interrupted */
export async function runCell(spec: CellSpec, context: CellContext): Promise<CellResult> {
  const { name, imageSize, manifestHash } = spec.dataset;
  const dataset = await getDataset(name).load({ root: context.dataRoot, size: imageSize });
  if (dataset.manifestHash !== manifestHash) {
    throw new Error(`data set ${name} has changed since this cell was planned; start the run again`);
  }
  const rows = rowsOf(dataset, dataset.split[spec.protocol.classes]);
  if (spec.kind === 'pixels') {
    const scores = evaluateFewShot(spec.protocol, dataset, pixelFeatures(dataset, rows), rows);
    return { scores, training: null };
  }
  const engine = createEngine(spec.engine, { threads: context.threads });
  const { features, record } = await trainAndEmbed(spec, dataset, rows, engine, context);
  return { scores: evaluateFewShot(spec.protocol, dataset, features, rows), training: record };
}

/** Rows of the samples of the given classes, in ascending order. */
function rowsOf(dataset: Dataset, classes: readonly number[]): Int32Array {
  const wanted = new Set(classes);
  return Int32Array.from(dataset.samples.flatMap(({ label }, row) => (wanted.has(label) ? [row] : [])));
}
