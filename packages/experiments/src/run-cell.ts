/** Runs one cell from its specification alone: data, training, frozen features, protocol. */

import { type Dataset, getDataset } from '@clce/datasets';
import { createEngine, type Engine } from '@clce/engine';
import type { CellSpec, TrainingSpec } from './cell.ts';
import type { CellResult } from './cell-result.ts';
import { embeddingQuality } from './embedding-quality/index.ts';
import { pixelFeatures } from './features.ts';
import { evaluateFewShot } from './few-shot.ts';
import { openWeights } from './pretrained.ts';
import { prepareTraining, type TrainingContext } from './training.ts';
import { pixelTransfer, trainAndTransfer, withValidation } from './transfer.ts';

export interface CellContext extends TrainingContext {
  /** Folder that holds the data sets. */
  readonly dataRoot: string;
  /** Threads of the engine. */
  readonly threads: number;
  /** Files of pretrained weights, by their SHA-256. */
  readonly weightFiles?: Readonly<Record<string, string>>;
}

/** @throws the errors of data sets, engine and losses; AbortSignal's reason when interrupted */
export async function runCell(spec: CellSpec, context: CellContext): Promise<CellResult> {
  const { name, imageSize, manifestHash } = spec.dataset;
  const dataset = await getDataset(name).load({ root: context.dataRoot, size: imageSize });
  if (dataset.manifestHash !== manifestHash) {
    throw new Error(`data set ${name} has changed since this cell was planned; start the run again`);
  }
  const engine = createEngine(spec.engine, { threads: context.threads });
  if (spec.kind === 'training') return runTraining(spec, dataset, engine, context);
  const { protocol } = spec;
  if (protocol.kind === 'transfer') {
    const scores = await pixelTransfer(protocol, withValidation(dataset, protocol), engine);
    return { scores, training: null, quality: null };
  }
  const rows = rowsOf(dataset, dataset.split[protocol.classes]);
  const scores = evaluateFewShot(protocol, dataset, pixelFeatures(dataset, rows), rows);
  return { scores, training: null, quality: null };
}

async function runTraining(
  spec: TrainingSpec,
  loaded: Dataset,
  engine: Engine,
  context: CellContext,
): Promise<CellResult> {
  const { protocol } = spec;
  const dataset = protocol.kind === 'transfer' ? withValidation(loaded, protocol) : loaded;
  const pretrained =
    spec.weights === undefined ? undefined : await openWeights(spec.weights, context.weightFiles);
  const snapshot = await context.snapshots?.load();
  const training = await prepareTraining(spec, dataset, engine, pretrained, snapshot);
  try {
    if (protocol.kind === 'transfer') {
      const { scores, record, checkpoints, tested } = await trainAndTransfer(
        spec,
        protocol,
        dataset,
        training,
        engine,
        context,
      );
      const quality = embeddingQuality(dataset, tested.rows, tested.features, protocol.seed);
      return { scores, training: { ...record, checkpoints }, quality };
    }
    const record = await training.run(context);
    const rows = rowsOf(dataset, dataset.split[protocol.classes]);
    const { features } = await training.predictor.predict(training.state, rows);
    const scores = evaluateFewShot(protocol, dataset, features, rows);
    return { scores, training: record, quality: embeddingQuality(dataset, rows, features, protocol.seed) };
  } finally {
    await training.dispose();
  }
}

/** Rows of the samples of the given classes, in ascending order. */
function rowsOf(dataset: Dataset, classes: readonly number[]): Int32Array {
  const wanted = new Set(classes);
  return Int32Array.from(dataset.samples.flatMap(({ label }, row) => (wanted.has(label) ? [row] : [])));
}
