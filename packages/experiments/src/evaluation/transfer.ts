/**
 * The transfer protocol: fine-tune on the official training samples, choose the weights on validation samples, test once. Without
 * checkpoints the last weights are tested.
 */
import { counterRandom, type Dataset, DatasetError, groupOf, RandomOperation } from '@clce/datasets';
import type { Engine, HostTensors, State } from '@clce/engine';
import { getLoss } from '@clce/losses';
import type { Checkpoint, TrainingRecord, TransferClassifier, TransferScore } from '@clce/results';
import type { TrainingSpec } from '../suite/cell.ts';
import type { TransferProtocol } from '../suite/preset.ts';
import type { Training, TrainingContext } from '../training/training.ts';
import { calibrationError } from './embedding-quality/calibration-error.ts';
import type { Extractor } from './extractor.ts';
import type { FeatureMatrix } from './features.ts';
import { largestOfRows } from './largest.ts';
import { type Labelled, linearProbe, nearestNeighbours } from './transfer-classifiers.ts';

/** What is classified with frozen weights, and the samples that k-NN and the linear probe know. */
export type ReadOut = Pick<
  TransferProtocol,
  'partition' | 'classifiers' | 'referenceSamples' | 'seed' | 'predictions'
>;

/**
 * The data set with validation samples. If it has none of its own, a share of the training samples is set aside: of the same kind as
 * the tested ones. Where testing has authors or characters that training never sees, whole authors or characters are set aside;
 * otherwise samples of each class, at least one. Only the seed decides which ones. A class keeps at least one training sample.
 * A protocol without checkpoints chooses no weights, so nothing is set aside.
 */
export function withValidation(dataset: Dataset, protocol: TransferProtocol): Dataset {
  if (protocol.checkpoints === 0) return dataset;
  if (dataset.samples.some(({ partition }) => partition === 'validation')) return dataset;
  const setAside = new Set(
    hasNewGroups(dataset) ? groupsAside(dataset, protocol) : samplesAside(dataset, protocol),
  );
  const samples = dataset.samples.map((sample, row) =>
    setAside.has(row) ? { ...sample, partition: 'validation' as const } : sample,
  );
  return { ...dataset, samples };
}

/** Whether no group is on the training side and on the test side. */
function hasNewGroups({ samples }: Dataset): boolean {
  const groupsOf = (side: 'train' | 'test') =>
    new Set(samples.filter(({ partition = 'train' }) => partition === side).map(groupOf));
  const [training, tested] = [groupsOf('train'), groupsOf('test')];
  return tested.size > 0 && [...tested].every((group) => group !== undefined && !training.has(group));
}

/** Rows of whole groups of training samples. A class whose training samples are all of these groups keeps the first. */
function groupsAside(dataset: Dataset, { validationShare, seed }: TransferProtocol): number[] {
  const byClass = [...rowsByClass(dataset, 'train').values()];
  const groups = [...new Set(byClass.flat().map((row) => groupOf(dataset.samples[row]!)))].sort();
  const order = counterRandom(seed).permutation(groups.length, RandomOperation.setAside, 0);
  const count = Math.max(1, Math.round(validationShare * groups.length));
  const chosen = new Set(Array.from(order.subarray(0, count), (place) => groups[place]));
  return byClass.flatMap((rows) => {
    const own = rows.filter((row) => chosen.has(groupOf(dataset.samples[row]!)));
    return own.length < rows.length ? own : own.slice(1);
  });
}

function samplesAside(dataset: Dataset, { validationShare, seed }: TransferProtocol): number[] {
  const random = counterRandom(seed);
  const setAside: number[] = [];
  for (const rows of rowsByClass(dataset, 'train').values()) {
    const order = random.permutation(rows.length, RandomOperation.setAside, rows[0]!);
    const count = Math.max(1, Math.round(validationShare * rows.length));
    for (let k = 0; k < count && k < rows.length - 1; k++) setAside.push(rows[order[k]!]!);
  }
  return setAside;
}

/**
 * Checks that the data set has samples on all sides that the protocol uses.
 *
 * @throws DatasetError naming the side without samples
 */
export function checkTransfer(protocol: TransferProtocol, dataset: Dataset): void {
  const chosenOn = protocol.checkpoints === 0 ? [] : (['validation'] as const);
  requireSides(withValidation(dataset, protocol), ['train', ...chosenOn, protocol.partition]);
}

/** @throws DatasetError naming the first side on which the trained classes have no samples */
export function requireSides(
  dataset: Dataset,
  sides: readonly (TransferProtocol['partition'] | 'train')[],
): void {
  const empty = sides.find((side) => rowsOf(dataset, side).length === 0);
  if (empty === undefined) return;
  throw new DatasetError(
    `${dataset.name} has no ${empty} samples of trained classes: it must be split by sample, as fashion-mnist and typefaces-by-character are, or with a reserve ("split")`,
  );
}

export interface Transferred {
  readonly scores: TransferScore[];
  readonly record: TrainingRecord;
  /** Absent where the protocol has none. */
  readonly checkpoints?: Checkpoint[];
  /** The tested weights: those with the best validation accuracy, or the last ones without checkpoints. */
  readonly best: HostTensors;
  /** The tested samples, and their features under the chosen weights. */
  readonly tested: { readonly rows: Int32Array; readonly features: FeatureMatrix };
}

/**
 * Trains to the end, then tests the weights with the best validation accuracy; of equal ones, the earliest. Without checkpoints it tests
 * the last weights.
 */
export async function trainAndTransfer(
  spec: TrainingSpec,
  protocol: TransferProtocol,
  dataset: Dataset,
  training: Training,
  engine: Engine,
  context: TrainingContext,
): Promise<Transferred> {
  const view = viewOf(protocol, dataset);
  const { predictor, state, steps } = training;
  if (protocol.checkpoints === 0) {
    const record = await training.run(context);
    const best = await state.read(training.weights);
    return { ...(await testHead(spec, protocol, view, training, engine)), record, best };
  }
  const { trainsHead } = getLoss(spec.loss.name);
  const { remembered } = training;
  const checkpoints = remembered === undefined ? [] : [...(remembered.notes as Checkpoint[])];
  let best = remembered?.tensors ?? (await state.read(training.weights));
  const record = await training.run(context, {
    async afterStep(done) {
      if (!isCheckpoint(done, steps, protocol.checkpoints)) return;
      const validation = await predictor.predict(state, view.validation);
      // Validation uses the trained head. A loss that trains no head uses k-NN in place of a head that is fitted later.
      const classes = trainsHead
        ? largestOfRows(validation.logits, view.classCount)
        : await nearestNeighbours(
            await referenceOf(view, predictor, state),
            validation.features,
            view.classCount,
            engine,
          );
      const accuracy = shareEqual(classes, view.labelsOf(view.validation));
      if (checkpoints.every((earlier) => earlier.accuracy < accuracy))
        best = await state.read(training.weights);
      checkpoints.push({ step: done, accuracy });
    },
    remember: () => ({ notes: checkpoints, tensors: best }),
  });

  const chosen = engine.createState({ ...(await state.read()), ...best });
  try {
    const { scores, tested } = await testHead(spec, protocol, view, { predictor, state: chosen }, engine);
    return { scores, record, checkpoints, tested, best };
  } finally {
    chosen.dispose();
  }
}

/** Scores of the final weights on unseen samples of the trained classes. */
export async function trainedScores(
  spec: TrainingSpec,
  readOut: ReadOut,
  dataset: Dataset,
  { predictor, state }: Training,
  engine: Engine,
): Promise<TransferScore[]> {
  const view = viewOf(readOut, dataset);
  return (await testHead(spec, readOut, view, { predictor, state }, engine)).scores;
}

/** Tests weights with all classifiers of the read-out; a loss that trains no head has none. */
async function testHead(
  spec: TrainingSpec,
  { classifiers }: ReadOut,
  view: View,
  { predictor, state }: Pick<Training, 'predictor' | 'state'>,
  engine: Engine,
): Promise<Pick<Transferred, 'scores' | 'tested'>> {
  const { trainsHead } = getLoss(spec.loss.name);
  const reference = await referenceOf(view, predictor, state);
  const { logits, features } = await predictor.predict(state, view.tested);
  const scores: TransferScore[] = [];
  for (const name of classifiers) {
    if (name === 'head' && !trainsHead) continue;
    const classes = {
      head: () => largestOfRows(logits, view.classCount),
      'k-nn': () => nearestNeighbours(reference, features, view.classCount, engine),
      'linear-probe': () => linearProbe(reference, features, view.classCount, engine),
    }[name];
    const score = scoreOf(name, await classes(), view);
    const labels = view.labelsOf(view.tested);
    scores.push(
      name === 'head'
        ? { ...score, calibrationError: calibrationError(logits, labels, view.classCount) }
        : score,
    );
  }
  return { scores, tested: { rows: view.tested, features } };
}

async function referenceOf(view: View, predictor: Training['predictor'], state: State): Promise<Labelled> {
  const { features } = await predictor.predict(state, view.reference);
  return { features, labels: view.labelsOf(view.reference) };
}

/** Tests frozen features with all classifiers of the protocol except the head. */
export async function frozenTransfer(
  readOut: ReadOut,
  dataset: Dataset,
  extractor: Extractor,
  engine: Engine,
): Promise<Pick<Transferred, 'scores' | 'tested'>> {
  const view = viewOf(readOut, dataset);
  const reference = {
    features: await extractor.extract(dataset, view.reference),
    labels: view.labelsOf(view.reference),
  };
  const features = await extractor.extract(dataset, view.tested);
  const scores: TransferScore[] = [];
  for (const name of readOut.classifiers) {
    if (name === 'head') continue;
    const classify = { 'k-nn': nearestNeighbours, 'linear-probe': linearProbe }[name];
    scores.push(scoreOf(name, await classify(reference, features, view.classCount, engine), view));
  }
  return { scores, tested: { rows: view.tested, features } };
}

/** The samples of each side. Labels are positions among the trained classes. */
interface View {
  readonly reference: Int32Array;
  readonly validation: Int32Array;
  readonly tested: Int32Array;
  readonly classCount: number;
  readonly classNames: readonly string[];
  /** Whether scores hold the predicted classes. */
  readonly predictions: boolean;
  labelsOf(rows: Int32Array): Int32Array;
}

/** @param dataset a data set with validation samples, from `withValidation` */
function viewOf({ partition, referenceSamples, seed, predictions }: ReadOut, dataset: Dataset): View {
  const places = new Map(dataset.split.base.map((label, place) => [label, place]));
  const train = rowsOf(dataset, 'train');
  const order = counterRandom(seed).permutation(train.length, RandomOperation.reference, 0);
  return {
    reference: Int32Array.from(order.subarray(0, referenceSamples), (place) => train[place]!).sort(),
    validation: rowsOf(dataset, 'validation'),
    tested: rowsOf(dataset, partition),
    classCount: places.size,
    predictions: predictions === true,
    classNames: dataset.split.base.map((label) => dataset.classNames[label]!),
    labelsOf: (rows) => Int32Array.from(rows, (row) => places.get(dataset.samples[row]!.label)!),
  };
}

function scoreOf(
  classifier: TransferClassifier,
  classes: Int32Array,
  { classCount, classNames, labelsOf, tested: rows, predictions }: View,
): TransferScore {
  const correct = Array.from({ length: classCount }, () => 0);
  const tested = Array.from({ length: classCount }, () => 0);
  labelsOf(rows).forEach((label, index) => {
    tested[label]!++;
    if (classes[index] === label) correct[label]!++;
  });
  return {
    ...{ kind: 'transfer', classifier, classes: classNames, correct, tested },
    ...(predictions && { predicted: Array.from(classes) }),
  };
}

/** Whether one of `count` evenly spaced checkpoints falls on this step. The last checkpoint is at the end of training. */
export function isCheckpoint(done: number, steps: number, count: number): boolean {
  return Math.floor((done * count) / steps) > Math.floor(((done - 1) * count) / steps);
}

function shareEqual(a: Int32Array, b: Int32Array): number {
  return a.filter((value, index) => value === b[index]).length / a.length;
}

/** Rows of the trained classes on the given side, in ascending order. */
export function rowsOf(
  dataset: Pick<Dataset, 'samples' | 'split'>,
  side: TransferProtocol['partition'] | 'train',
): Int32Array {
  const rows = [...rowsByClass(dataset, side).values()].flat();
  return Int32Array.from(rows).sort();
}

/** Rows of each trained class on the given side. A sample without a partition is a training sample. */
function rowsByClass(
  { samples, split }: Pick<Dataset, 'samples' | 'split'>,
  side: TransferProtocol['partition'] | 'train',
): Map<number, number[]> {
  const rows = new Map<number, number[]>(split.base.map((label) => [label, []]));
  samples.forEach(({ label, partition = 'train' }, row) => {
    if (partition === side) rows.get(label)?.push(row);
  });
  return new Map([...rows].filter(([, found]) => found.length > 0));
}
