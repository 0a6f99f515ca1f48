/** Runs one cell from its specification alone: data, training, frozen features, protocol. */

import { join } from 'node:path';
import { getBackbone, hashOnnxModel, hashWeightFile, saveWeights } from '@clce/backbones';
import { type Dataset, getDataset, rowsOfClasses } from '@clce/datasets';
import { type Engine, getEngine, type HostTensors } from '@clce/engine';
import { getLoss } from '@clce/losses';
import { type CellResult, NUMERICS_VERSION, type Score } from '@clce/results';
import { deploymentEntries } from './deployment/deployment.ts';
import { embeddingQuality } from './evaluation/embedding-quality/index.ts';
import { backboneExtractor, type Extractor, onnxExtractor, pixelExtractor } from './evaluation/extractor.ts';
import { cached } from './evaluation/feature-cache.ts';
import type { FeatureMatrix } from './evaluation/features.ts';
import { episodesOf, evaluateFewShot } from './evaluation/few-shot.ts';
import {
  frozenTransfer,
  type ReadOut,
  trainAndTransfer,
  trainedScores,
  withValidation,
} from './evaluation/transfer.ts';
import { type Code, codeOf } from './reuse.ts';
import { type CellSpec, evaluatedOn, type FrozenSpec, type TrainingSpec } from './suite/cell.ts';
import { withSides } from './suite/check-dataset.ts';
import { type InputFiles, inputFile, openWeights } from './suite/input-files.ts';
import { normalisationOf } from './suite/normalisation.ts';
import type { FewShotProtocol } from './suite/preset.ts';
import { DivergedError } from './training/diverged-error.ts';
import { snapshotsOf } from './training/snapshot.ts';
import { type Preparation, prepareTraining, type TrainingContext } from './training/training.ts';

export interface RunCellOptions extends TrainingContext, Pick<Preparation, 'dataWorkers'> {
  /** Folder that holds the data sets. */
  readonly dataRoot: string;
  /** Folder that holds the features that frozen extractors made of them; `features` in `dataRoot` by default. */
  readonly featureFolder?: string;
  /** Threads of the engine. */
  readonly threads: number;
  /** Where the trained weights go, if they are wanted. */
  readonly saveWeights?: string;
  /** Paths of the files that cells start from, by hash. */
  readonly inputPaths?: InputFiles['paths'];
  /** Called once, before anything is computed, with what the cell is computed by. */
  readonly onCode?: (code: Code) => void;
  /** Called with a line about each stored file that the cell does not use. */
  readonly onNote?: (note: string) => void;
}

/** @throws the errors of data sets, engine and losses; AbortSignal's reason when interrupted */
export async function runCell(spec: CellSpec, context: RunCellOptions): Promise<CellResult> {
  if (spec.numericsVersion !== NUMERICS_VERSION) {
    throw new Error(
      `this cell was planned with numerics ${spec.numericsVersion}, and this process has ${NUMERICS_VERSION}; start the run again`,
    );
  }
  const { name, imageSize, manifestHash } = spec.dataset;
  const loaded = await getDataset(name).load({ dataRoot: context.dataRoot, size: imageSize });
  if (loaded.manifestHash !== manifestHash) {
    throw new Error(`data set ${name} has changed since this cell was planned; start the run again`);
  }
  const dataset = withSides(loaded, spec.dataset.split);
  if (spec.kind === 'training') requireLoss(spec.loss);
  const code = await codeOf(spec, async () => dataset);
  context.onCode?.(code);
  const engine = await getEngine(spec.engine).start({ threads: context.threads });
  if (spec.kind === 'training') return runTraining(spec, dataset, engine, code, context);
  if (spec.kind === 'pixels') {
    const { scores } = await evaluateExtractor(spec.protocol, dataset, pixelExtractor, engine, context);
    return { scores, training: null, quality: null };
  }
  const extractor = await frozenExtractor(spec, dataset, engine, code, context);
  try {
    const evaluated = await evaluateExtractor(spec.protocol, dataset, extractor, engine, context);
    const quality = await qualityOf(spec.protocol, dataset, evaluated);
    return { scores: evaluated.scores, training: null, quality };
  } finally {
    await extractor.dispose();
  }
}

/** A name alone does not say whose loss it is. */
function requireLoss({ name, id }: TrainingSpec['loss']): void {
  const found = getLoss(name).id;
  if (found === id) return;
  throw new Error(
    `this cell is of another loss called "${name}" (id ${id ?? 'none'}; this process has ${found ?? 'none'})`,
  );
}

/** What was evaluated, and on which samples. */
interface Evaluated {
  readonly scores: readonly Score[];
  readonly rows: Int32Array;
  readonly features: FeatureMatrix;
}

async function evaluateExtractor(
  protocol: CellSpec['protocol'],
  dataset: Dataset,
  extractor: Extractor,
  engine: Engine,
  context: RunCellOptions,
): Promise<Evaluated> {
  if (protocol.kind === 'transfer') {
    const sides = withValidation(dataset, protocol);
    const { scores, tested } = await frozenTransfer(protocol, sides, extractor, engine);
    return { scores, ...tested };
  }
  const rows = rowsOfClasses(dataset, dataset.split[protocol.classes]);
  const features = await extractor.extract(dataset, rows);
  const evaluated = await evaluateEpisodes(protocol, dataset, features, rows, context);
  const { seenClasses } = protocol;
  if (seenClasses === undefined) return evaluated;
  const { scores } = await frozenTransfer(readOut(protocol, seenClasses), dataset, extractor, engine);
  return { ...evaluated, scores: [...evaluated.scores, ...scores] };
}

async function evaluateEpisodes(
  protocol: FewShotProtocol,
  dataset: Dataset,
  features: FeatureMatrix,
  rows: Int32Array,
  { inputPaths }: RunCellOptions,
): Promise<Evaluated> {
  const { episodeFile: hash } = protocol;
  const given =
    hash === undefined ? undefined : await episodesOf(protocol, dataset, await inputFile(hash, inputPaths));
  return { scores: evaluateFewShot(protocol, dataset, features, rows, given), rows, features };
}

/** The trained classes in samples that training has not seen, on the side that corresponds to the protocol's classes. */
function readOut(
  { classes, seed }: FewShotProtocol,
  seenClasses: NonNullable<FewShotProtocol['seenClasses']>,
): ReadOut {
  return { ...seenClasses, partition: classes === 'validation' ? 'validation' : 'test', seed };
}

function qualityOf({ seed }: CellSpec['protocol'], dataset: Dataset, { rows, features }: Evaluated) {
  return embeddingQuality(dataset, rows, features, seed);
}

async function frozenExtractor(
  spec: FrozenSpec,
  dataset: Dataset,
  engine: Engine,
  code: Code,
  context: RunCellOptions,
): Promise<Extractor> {
  const { extractor, weights, normalisation } = spec;
  const isOnnx = extractor.kind === 'onnx';
  const file = await inputFile(weights, context.inputPaths, isOnnx ? hashOnnxModel : hashWeightFile);
  const statistics = normalisationOf(normalisation, dataset);
  const made = isOnnx
    ? await onnxExtractor(file, extractor, dataset, statistics, context.threads)
    : await backboneExtractor(
        getBackbone(extractor.name),
        await openWeights(extractor.name, file),
        dataset,
        statistics,
        engine,
      );
  const ran = isOnnx ? {} : { ran: code.graph ?? code.sources };
  const identity = { extractor, weights, statistics, engine: spec.engine, ...ran };
  const { dataRoot, featureFolder = join(dataRoot, 'features') } = context;
  return cached(made, featureFolder, identity, context.onNote ?? (() => {}));
}

async function runTraining(
  spec: TrainingSpec,
  loaded: Dataset,
  engine: Engine,
  code: Code,
  { snapshots: ofAnyCode, ...given }: RunCellOptions,
): Promise<CellResult> {
  const { protocol } = spec;
  const snapshots = ofAnyCode && snapshotsOf(code.graph ?? code.sources, ofAnyCode, given.onNote);
  const context = { ...given, ...(snapshots && { snapshots }) };
  const dataset = protocol.kind === 'transfer' ? withValidation(loaded, protocol) : loaded;
  const pretrained =
    spec.weights === undefined
      ? undefined
      : await openWeights(spec.backbone, await inputFile(spec.weights, context.inputPaths));
  const snapshot = await snapshots?.load();
  const { dataWorkers } = context;
  const training = await prepareTraining(spec, dataset, engine, { pretrained, snapshot, dataWorkers });
  const keep = async (weights: HostTensors, scores: readonly Score[]): Promise<void> => {
    if (context.saveWeights === undefined) return;
    const about = deploymentEntries(spec, dataset, scores);
    await saveWeights(context.saveWeights, getBackbone(spec.backbone), weights, about);
  };
  try {
    if (protocol.kind === 'transfer') {
      const { scores, record, checkpoints, tested, best } = await trainAndTransfer(
        spec,
        protocol,
        dataset,
        training,
        engine,
        context,
      );
      await keep(best, scores);
      const quality = await qualityOf(protocol, dataset, { scores, ...tested });
      return { scores, training: { ...record, ...(checkpoints && { checkpoints }) }, quality };
    }
    const record = await training.run(context);
    const rows = rowsOfClasses(dataset, dataset.split[protocol.classes]);
    const { features } = await training.predictor.predict(training.state, rows);
    const evaluated = await evaluateEpisodes(protocol, dataset, features, rows, context);
    const { seenClasses } = protocol;
    const seen =
      seenClasses === undefined
        ? []
        : await trainedScores(spec, readOut(protocol, seenClasses), dataset, training, engine);
    const scores = [...evaluated.scores, ...seen];
    await keep(await training.state.read(training.weights), scores);
    const quality = await qualityOf(protocol, dataset, evaluated);
    return { scores, training: record, quality };
  } catch (error) {
    // On validation data a recipe is chosen; there one that diverges is an outcome.
    if (!(error instanceof DivergedError) || evaluatedOn(protocol) !== 'validation') throw error;
    return { scores: [], training: null, quality: null, diverged: error.divergence };
  } finally {
    await training.dispose();
  }
}
